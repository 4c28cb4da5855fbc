"""What stands in a document can be an instruction. A model can tell it from yours only where it stands between marks
that no document can write; mlwright keeps `<passage>` free for that."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule


def _check(context: Context) -> Iterator[Found]:
    for path, name, _ in context.pipelines():
        outline = context.outline(name)
        shown = next((one for one in outline.user if one.name == "passages"), None)
        if shown is not None and not outline.quoted:
            yield Found(
                f"{path}.generate.prompt",
                f"line {shown.line} of the prompt shows passages outside <passage> … </passage>, so a document can pass"
                " its own words off as yours",
            )


RULE = Rule(
    "SEC001", "error", "passages are shown without marks around them",
    "OWASP LLM01:2025; Hines et al. 2024 (spotlighting)", _check,
)  # fmt: skip
