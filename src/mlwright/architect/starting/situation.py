"""A situation: what is asked for, what was measured, and what there is to work with. Conditions are about it."""

from dataclasses import dataclass
from functools import cached_property

from mlwright.architect.starting.profile import EvalFile, Profile
from mlwright.architect.starting.requirements import Requirements
from mlwright.kernel.units import rate

PEAK = 4.0
"""The busiest minute over the mean, where one of the two is not known."""
_USUAL = 0.05
"""The share of documents from which on a language counts."""


@dataclass(frozen=True)
class LocalModel:
    """A chat model of a server on this machine."""

    model: str
    base_url: str


@dataclass(frozen=True)
class Situation:
    """`name` is what the system will be called, `local` a model that runs here already."""

    asked: Requirements
    profile: Profile
    name: str
    local: LocalModel | None = None

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Those that were said, else those of at least a twentieth of the documents."""
        if self.asked.languages is not None:
            return self.asked.languages
        counted = sum(self.profile.languages.values())
        return tuple(one for one, count in self.profile.languages.items() if count >= _USUAL * counted)

    @property
    def foreign(self) -> tuple[str, ...]:
        """Languages that the embedded model does not know."""
        return tuple(one for one in self.languages if one != "en")

    @property
    def requests(self) -> float | None:
        """As was said, else a quarter of the busiest minute; None where neither was."""
        if self.asked.requests is not None or self.asked.busiest is None or "/" not in self.asked.busiest:
            return self.asked.requests
        return rate(self.asked.busiest) / PEAK

    @property
    def peak(self) -> float | None:
        """The busiest minute over the mean; None where nothing says it."""
        known = self.asked.peak
        return PEAK if known is None and self.asked.requests is None and self.requests is not None else known

    @property
    def may_leave(self) -> bool:
        """Only where it was said."""
        return self.asked.may_leave is True

    @property
    def personal(self) -> bool:
        """There are personal data, as somebody said; where nobody did, as was found."""
        said = self.asked.personal_data
        return bool(said) if said is not None else bool(self.profile.personal)

    @property
    def cases(self) -> EvalFile | None:
        """The largest eval set that was found; one by people before one by a program."""
        return max(self.profile.sets, key=lambda one: (one.synthetic < one.examples, one.examples), default=None)
