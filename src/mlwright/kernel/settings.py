"""Settings of this machine: from the environment (`MLWRIGHT_…`), else from a TOML file, else a default.

What belongs to the system stands in the blueprint; here stands what differs from machine to machine.
"""

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlwright.kernel.errors import UserError

_PREFIX = "MLWRIGHT_"


class Secret(str):
    """A text that does not show itself: `repr` and f-string debugging give stars. Use it as any text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'" if self else "''"


_NOTHING = Secret("")


@dataclass(frozen=True, slots=True)
class Settings:
    """`store` and `blobs` are addresses for every target that names none (both live in the workspace where empty).
    `otlp_endpoint` is where spans are sent, as `http://127.0.0.1:4318`, with `otlp_headers` as
    `name=value,name=value`; `span_days` is how long they are kept here. `model_servers` are addresses on this machine
    where language models may run: Ollama, vLLM, llama.cpp and LM Studio by default."""

    store: Secret = _NOTHING
    blobs: str = ""
    otlp_endpoint: str = ""
    otlp_headers: Secret = _NOTHING
    span_days: int = 30
    model_servers: str = ",".join(f"http://127.0.0.1:{port}/v1" for port in (11434, 8000, 8080, 1234))

    @property
    def otlp_header_values(self) -> dict[str, str]:
        """The headers as a mapping. Raises UserError where one is not `name=value`."""
        pairs = [pair.partition("=") for pair in self.otlp_headers.split(",") if pair.strip()]
        if any(not equals for _, equals, _ in pairs):
            raise UserError("MLWRIGHT_OTLP_HEADERS is not understood", hint="write name=value,name=value")
        return {name.strip(): value.strip() for name, _, value in pairs}


def load_settings(file: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. `file` may be absent on disk; `environ` is this process's where not given.

    Raises UserError, naming the place, for an unknown key of the file, for a variable that looks like a misspelt one,
    and for a value of the wrong type. Other variables that start with MLWRIGHT_ belong to others and are let be.
    """
    fields = {field.name: field for field in dataclasses.fields(Settings)}
    values: dict[str, Any] = {}
    for name, value in _read(file).items():
        if name not in fields:
            raise UserError(f"{file}: there is no setting {name!r}", hint=_nearest(name, fields, cutoff=0.0))
        values[name] = _convert(f"{file}: {name}", value, fields[name].default)
    for variable, text in (os.environ if environ is None else environ).items():
        if not variable.startswith(_PREFIX):
            continue
        name = variable.removeprefix(_PREFIX).lower()
        if name in fields:
            values[name] = _convert(variable, text, fields[name].default)
        elif close := difflib.get_close_matches(name, fields, n=1, cutoff=0.8):
            raise UserError(f"there is no setting {variable}", hint=f"did you mean {_PREFIX}{close[0].upper()}?")
    return Settings(**values)


def _read(file: Path | None) -> dict[str, Any]:
    if file is None or not file.exists():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: {error}", hint='write lines like span_days = 30 or blobs = "s3://bucket"') from error
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}", hint="make it a file that this user may read") from error


def _convert(place: str, value: Any, like: Any) -> Any:
    """The value in the type of the default."""
    if isinstance(like, int):
        try:
            return int(value)
        except (TypeError, ValueError) as error:
            raise UserError(f"{place} is not a whole number", hint=f"write one, as {like}") from error
    if not isinstance(value, str):
        raise UserError(f"{place} is not a text", hint='put it in quotes, as "…"')
    return type(like)(value)


def _nearest(name: str, known: Mapping[str, object], cutoff: float) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=cutoff or 0.6)
    return f"did you mean {close[0]!r}?" if close else f"the settings are: {', '.join(known)}"
