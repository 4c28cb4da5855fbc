"""What stands in a file stands in every clone, log and backup of it. A key belongs into the environment."""

import re
from collections.abc import Iterator

from pydantic import SecretStr

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit, leaves

_KEYS = re.compile(
    r"sk-[A-Za-z0-9_-]{20,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[\w-]{35}"
    r"|hf_[A-Za-z0-9]{30,}|-----BEGIN [A-Z ]*PRIVATE KEY-----|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}"
)
_PASSWORD = re.compile(r"[a-z][a-z0-9+]*://[^/\s:@]*:[^/\s@]+@")


def _check(context: Context) -> Iterator[Found]:
    blueprint = context.blueprint
    for loc, value in leaves(blueprint):
        path = ".".join(map(str, loc))
        if isinstance(value, SecretStr):
            address = loc[0] == "targets" and not _shows_secret(value.get_secret_value())
            if loc not in blueprint.secrets and not address:
                yield Found(path, "a secret stands in the file", (Edit(path, _variable(loc[-2:])),))
        elif isinstance(value, str) and _shows_secret(value):
            yield Found(path, f"this looks like a secret: {_masked(value)}")
    for _, path, text in context.prompts():
        found = _KEYS.search(text) or _PASSWORD.search(text)
        if found:
            line = text.count("\n", 0, found.start()) + 1
            yield Found(path, f"line {line} of the prompt looks like a secret: {_masked(found[0])}")


def _shows_secret(text: str) -> bool:
    return bool(_KEYS.search(text) or _PASSWORD.search(text))


def _masked(text: str) -> str:
    return f"{text[:3]}… ({len(text)} characters)"


def _variable(names: tuple[str | int, ...]) -> str:
    name = re.sub(r"[^A-Z0-9]+", "_", "_".join(map(str, names)).upper()).strip("_")
    return f'"${{{name}}}"'


RULE = Rule("SEC004", "error", "a secret in the blueprint or a prompt", "OWASP LLM02:2025, CWE-798", _check)
