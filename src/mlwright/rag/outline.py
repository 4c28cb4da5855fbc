"""Outline: what a prompt template shows where, read from its text; nothing is rendered."""

import re
from dataclasses import dataclass
from importlib.resources import files

PARTS = re.compile(r"\A\s*# System[ \t]*\n(?P<system>.*?)\n# User[ \t]*\n(?P<user>.*)\Z", re.DOTALL)
BUILT_IN = files("mlwright.rag").joinpath("prompts/answer.md")
"""The prompt of a pipeline that names none."""
_TAG = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}", re.DOTALL)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_TEXTS = re.compile(r"'[^']*'|\"[^\"]*\"")
_FROM_OTHERS = ("question", "passages", "history", "document", "chunk", "title", "section")


@dataclass(frozen=True, slots=True)
class Shows:
    """Something that people or documents have written is shown from this line on."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Outline:
    """`whole` says whether the template has a system and a user part. `system` and `user` list what others wrote and
    the parts show, each name once, in order. `fixed` counts the characters from the start of the prompt that are the
    same for every question. `quoted` says whether passages stand between the tags that no passage can write."""

    whole: bool
    system: tuple[Shows, ...]
    user: tuple[Shows, ...]
    fixed: int
    quoted: bool


def outline_of(text: str | None) -> Outline:
    """Of a template's text; of the built-in one where None."""
    whole = BUILT_IN.read_text("utf-8") if text is None else text
    found = PARTS.match(_COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), whole))
    if found is None:
        return Outline(False, (), (), 0, False)
    system, user = found["system"], found["user"]
    first = _TAG.search(user)
    stays = user[: first.start()] if first else user
    return Outline(
        whole=True,
        system=tuple(_shown(found.string, found.start("system"), system)),
        user=tuple(_shown(found.string, found.start("user"), user)),
        fixed=len(_TAG.sub("", system)) + len(stays),
        quoted=bool(re.search(r"<passage\b", user) and "</passage>" in user),
    )


def _shown(text: str, start: int, part: str) -> list[Shows]:
    """The names of what others wrote, where each stands first."""
    seen: dict[str, Shows] = {}
    for tag in _TAG.finditer(part):
        for name in re.findall(r"(?<![.\w])\w+", _TEXTS.sub("", tag[1] or tag[2] or "")):
            if name in _FROM_OTHERS and name not in seen:
                seen[name] = Shows(name, text.count("\n", 0, start + tag.start()) + 1)
    return list(seen.values())
