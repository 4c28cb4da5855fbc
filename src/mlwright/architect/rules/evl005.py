"""A question that stands in the prompt is answered from the prompt. Its score says nothing about any other."""

import re
from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule

_LEAST_WORDS = 4


def _check(context: Context) -> Iterator[Found]:
    for _, path, text in context.prompts():
        prompt = _plain(text)
        for name in context.blueprint.evals.sets:
            examples = context.eval_set(name)
            known = [(one.id, _plain(one.input)) for one in examples.examples] if examples else []
            found = [id_ for id_, asked in known if asked.count(" ") > _LEAST_WORDS and asked in prompt]
            if found:
                some = ", ".join(found[:3]) + (" …" if len(found) > 3 else "")
                yield Found(
                    path,
                    f"{len(found)} of {len(known)} questions of {name} stand word for word in the prompt: {some}",
                )


def _plain(text: str) -> str:
    """Words alone, with a space before and after each."""
    words = re.findall(r"[^\W_]+", text.lower())
    return f" {' '.join(words)} "


RULE = Rule("EVL005", "error", "questions of an eval set stand in the prompt", "leakage; Kaufman et al. 2012", _check)
