"""The ML Test Score of Breck et al. (2017): 28 tests in four sections, and the least section is the score.

A file is a section and holds its `CLAIMS`. Half a point is for what was done by hand and documented, one for what runs
by itself again and again; here both have to be proved by a record of the workspace or by the check of the file. What
nothing proves has no point, and says what is missing.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mlwright.architect.context import Context
from mlwright.architect.records import Records
from mlwright.blueprint import Blueprint

SECTIONS = ("data", "model", "infrastructure", "monitoring")
MANUAL, AUTOMATED = 0.5, 1.0
_VERDICTS = (
    (0.0, "more of a research project than a productionised system"),
    (1.0, "not totally untested, but serious holes in reliability are possible"),
    (2.0, "a first pass at basic productionisation; more investment may be needed"),
    (3.0, "reasonably tested; more of it could be automated"),
    (5.0, "strong automated testing and monitoring, fit for what must not fail"),
)


@dataclass(frozen=True, slots=True)
class Proof:
    """`points` is MANUAL or AUTOMATED; `evidence` says what was seen, `ref` names the record where there is one."""

    points: float
    evidence: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """One test: `says` in the words of the paper, `prove` looks for a proof, `missing` is what there is without one."""

    says: str
    missing: str
    prove: Callable[[Context], Proof | None]


@dataclass(frozen=True, slots=True)
class Tested:
    """A claim with what came of it. No points: not proved, and `evidence` says what is missing."""

    section: str
    number: int
    says: str
    points: float
    evidence: str
    ref: str


@dataclass(frozen=True, slots=True)
class Score:
    """`total` is the least of the four sections."""

    system: str
    tests: tuple[Tested, ...]

    @property
    def sections(self) -> Mapping[str, float]:
        return {name: sum(test.points for test in self.tests if test.section == name) for name in SECTIONS}

    @property
    def total(self) -> float:
        return min(self.sections.values())

    @property
    def verdict(self) -> str:
        """What the paper calls such a score."""
        fits = (words for most, words in _VERDICTS if self.total <= most)
        return next(fits, "exceptional automated testing and monitoring")


def score(blueprint: Blueprint, records: Records | None = None) -> Score:
    """Look for a proof of each test. Without records only what the file itself proves counts."""
    context = Context(blueprint, records)
    tests = []
    for section in SECTIONS:
        claims: tuple[Claim, ...] = importlib.import_module(f"{__name__}.{section}").CLAIMS
        for number, claim in enumerate(claims, start=1):
            proof = claim.prove(context)
            points, evidence, ref = (proof.points, proof.evidence, proof.ref) if proof else (0.0, claim.missing, "")
            tests.append(Tested(section, number, claim.says, points, evidence, ref))
    return Score(blueprint.system.name, tuple(tests))


def score_json(found: Score) -> dict[str, Any]:
    """The score with its sections and every test; a test with 0 points is not proved."""
    return {
        "system": found.system,
        "score": found.total,
        "verdict": found.verdict,
        "sections": dict(found.sections),
        "tests": [asdict(test) | {"proved": test.points > 0} for test in found.tests],
        "source": "Breck et al. 2017, The ML Test Score",
    }


def nothing(context: Context) -> Proof | None:
    """For what mlwright cannot know."""
    return None
