"""A set of easy questions says that easy questions are answered; a slice of a few says nothing of its kind."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule

_EDGE = 0.2
_SLICE = 30


def _check(context: Context) -> Iterator[Found]:
    for name in context.blueprint.evals.sets:
        examples = context.eval_set(name)
        if examples is None or examples.synthetic == len(examples.examples):
            continue
        path, cases = f"evals.sets.{name}.path", len(examples.examples)
        if examples.edge < _EDGE * cases:
            yield Found(
                path,
                f"{examples.edge} of {cases} examples are edge cases ({examples.edge / cases:.0%}): add questions to"
                " abstain from (`unanswerable`), or tag the hard ones `edge`, until they are 20 %",
            )
        small = sorted((len(ids), tag) for tag, ids in examples.slices.items() if len(ids) < _SLICE)
        if small:
            few, tag = small[0]
            others = f", and {len(small) - 1} more slices under {_SLICE}" if len(small) > 1 else ""
            yield Found(
                path,
                f"the slice {tag!r} has {few} examples{others}: a share over so few is known to about"
                f" +-{1 / few**0.5:.2f} at worst",
            )


RULE = Rule(
    "EVL004", "warning", "few edge cases, or small slices", "Breck et al. 2017 (ML Test Score), model 6",
    _check, softens=True,
)  # fmt: skip
