"""Many embedding models were trained with a word before each question and each document. Without it the vectors of a
question and of its answer lie further apart than they should, and nothing says so."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.models import trained_prefixes


def _check(context: Context) -> Iterator[Found]:
    for name, part in context.embedders_in_use():
        facts = part.facts()
        trained = trained_prefixes(facts.model)
        if trained is None or trained == facts.prefixes:
            continue
        path, (query, document) = f"models.embed.{name}", trained
        settable = "prefixes" in type(part).model_fields
        patch = context.set_key(path, "prefixes", f'{{query: "{query}", document: "{document}"}}')
        yield Found(
            f"{path}.prefixes" if any(facts.prefixes) else path,
            f"{facts.model} was trained with {_told(query)} before a question and {_told(document)} before a document,"
            f" and gets {_told(facts.prefixes[0])} and {_told(facts.prefixes[1])}",
            (patch,) if settable else (),
        )


def _told(prefix: str) -> str:
    return repr(prefix) if prefix else "nothing"


RULE = Rule(
    "RAG007", "error", "texts are not embedded as the model was trained", "the makers' model cards (E5, Nomic, BGE …)",
    _check,
)  # fmt: skip
