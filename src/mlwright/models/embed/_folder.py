"""A folder of an embedding model as sentence-transformers writes it: what its JSON files say, read without any package.

Not every folder has every file. What the files do not say is None here, and a field of the blueprint can say it.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mlwright.kernel.errors import NotFound, UserError
from mlwright.kernel.ids import digest
from mlwright.models.embed import Kind
from mlwright.models.embed._pieces import piece_ends

MARKS = 2
"""Tokens that a model puts around a text, as [CLS] and [SEP]."""
Pooling = Literal["mean", "cls", "last"]
_POOLING: Mapping[str, Pooling] = {"mean": "mean", "cls": "cls", "lasttoken": "last"}
_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
_PROMPTS: Mapping[Kind, Sequence[str]] = {"query": ("query",), "document": ("document", "passage", "corpus")}
_LICENCE = re.compile(r"^license:[ \t]*[\"']?([\w.+-]+)", re.M)
_ENDLESS = 1_000_000
"""Tokenizers without a limit say a number above it."""


class Prefixes(BaseModel):
    """What is written before each text. Absent: what the model's own files say; an empty text: nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    query: str | None = Field(default=None, max_length=500, description="Before a question, as in `query: `.")
    document: str | None = Field(default=None, max_length=500, description="Before a document, as in `passage: `.")

    @property
    def written(self) -> tuple[str, str]:
        """Before a question and before a document, where there are no files."""
        return self.query or "", self.document or ""

    def over(self, own: Mapping[Kind, str]) -> dict[Kind, str]:
        return {
            "query": own["query"] if self.query is None else self.query,
            "document": own["document"] if self.document is None else self.document,
        }


@dataclass(frozen=True, slots=True)
class Dense:
    """A layer after pooling: the folder with its weights, and whether the tangent follows."""

    folder: Path
    tangent: bool

    @classmethod
    def of(cls, folder: Path) -> "Dense":
        """Raises NotFound without safetensors, UserError for a layer that is more than that."""
        if not (folder / "model.safetensors").is_file():
            raise NotFound(
                f"{folder} has no model.safetensors",
                hint="weights in another format are not read, because they may hold code; save the model anew",
            )
        said = json_of(folder / "config.json") or {}
        activation = str(said.get("activation_function", "Tanh")).rpartition(".")[2]
        if activation not in ("Tanh", "Identity") or said.get("use_residual"):
            raise UserError(
                f"{folder} is a layer with {activation}{' and a residual' if said.get('use_residual') else ''}; "
                "only Tanh and Identity are known",
                hint="use: sentence_transformers runs this model",
            )
        return cls(folder, activation == "Tanh")


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """`base` holds the files of the transformer, `place` is the whole; `modules` are (kind, folder), in their order."""

    place: Path
    base: Path
    modules: tuple[tuple[str, Path], ...]

    @classmethod
    def of(cls, place: Path) -> "ModelFolder":
        """Raises NotFound where there is no such folder, UserError where its files cannot be read."""
        if not place.is_dir():
            raise NotFound(
                f"there is no model folder {place}",
                hint="copy the model's files there; a relative path starts at the folder of the blueprint; "
                "a review without the files needs dims and max_tokens in the blueprint",
            )
        listed = json_of(place / "modules.json") or []
        modules = tuple((str(one["type"]).rpartition(".")[2], place / str(one["path"])) for one in listed)
        if not modules and (place / "1_Pooling").is_dir():
            modules = (("Transformer", place), ("Pooling", place / "1_Pooling"))
        return cls(place, modules[0][1] if modules else place, modules)

    @property
    def dims(self) -> int | None:
        """The length of a vector, as the last module that changes it says."""
        for kind, folder in reversed(self.modules):
            said = json_of(folder / "config.json") or {}
            found = {
                "Dense": said.get("out_features"),
                "Pooling": said.get("word_embedding_dimension") or said.get("embedding_dimension"),
            }.get(kind)
            if found:
                return int(found)
        return self._number("hidden_size", "dim", "d_model", "n_embd")

    @property
    def window(self) -> int | None:
        """Tokens at once, marks included: the limit set for sentences, else the least of tokenizer and positions."""
        said = json_of(self.base / "sentence_bert_config.json") or {}
        if set_ := said.get("max_seq_length"):
            return int(set_)
        of_tokenizer = (json_of(self.base / "tokenizer_config.json") or {}).get("model_max_length") or _ENDLESS
        least = min(int(of_tokenizer), self.positions or _ENDLESS)
        return least if least < _ENDLESS else None

    @property
    def positions(self) -> int | None:
        return self._number("max_position_embeddings", "n_positions")

    @property
    def padding(self) -> int:
        """The number of the token that fills up short texts."""
        return self._number("pad_token_id") or 0

    @property
    def lower(self) -> bool:
        """Texts are put in lower case before the tokenizer sees them."""
        return bool((json_of(self.base / "sentence_bert_config.json") or {}).get("do_lower_case"))

    @property
    def pooling(self) -> Pooling:
        """How vectors of tokens become one; their mean where nothing is said. Raises UserError for a way that is not
        among ours."""
        folder = next((folder for kind, folder in self.modules if kind == "Pooling"), None)
        said = (json_of(folder / "config.json") or {}) if folder else {}
        flags = [mode for flag, mode in _FLAGS.items() if said.get(flag)]
        modes = said.get("pooling_mode") or flags or ["mean"]
        modes = [modes] if isinstance(modes, str) else list(modes)
        if len(modes) != 1 or modes[0] not in _POOLING or said.get("include_prompt") is False:
            without = ", without its prompt" if said.get("include_prompt") is False else ""
            raise UserError(
                f"{folder} pools by {' and '.join(modes)}{without}; only {', '.join(_POOLING)} of the whole are known",
                hint="use: sentence_transformers runs this model",
            )
        return _POOLING[modes[0]]

    @property
    def dense(self) -> tuple[Dense, ...]:
        """The layers after pooling. Raises UserError where a module is none that we know."""
        for kind, folder in self.modules:
            if kind not in ("Transformer", "Pooling", "Dense", "Normalize"):
                raise UserError(f"{folder} is a {kind}, which is not known", hint="use: sentence_transformers runs it")
        return tuple(Dense.of(folder) for kind, folder in self.modules if kind == "Dense")

    @property
    def prompts(self) -> dict[Kind, str]:
        """What the model wants before each text, by the names that sentence-transformers looks for."""
        said = json_of(self.place / "config_sentence_transformers.json") or {}
        prompts, default = said.get("prompts") or {}, said.get("default_prompt_name")
        found: dict[Kind, str] = {}
        for kind, names in _PROMPTS.items():
            name = next((name for name in (*names, default) if name in prompts), None)
            found[kind] = str(prompts[name] or "") if name else ""
        return found

    @property
    def licence(self) -> str:
        """As the model card says; empty where it says nothing."""
        try:
            with (self.place / "README.md").open(encoding="utf-8", errors="replace") as card:
                found = _LICENCE.search(card.read(4096))
        except OSError:
            return ""
        return found[1] if found else ""

    @property
    def tokenizer(self) -> Path:
        """Raises NotFound where the folder has none."""
        for folder in (self.base, self.place):
            if (folder / "tokenizer.json").is_file():
                return folder / "tokenizer.json"
        raise NotFound(
            f"the model folder {self.place} has no tokenizer.json",
            hint="it is the file of a fast tokenizer, which lies beside the model where it was published",
        )

    def _number(self, *names: str) -> int | None:
        """The first of some numbers of config.json; models of text and pictures keep them one level deeper."""
        said = json_of(self.base / "config.json") or {}
        for level in (said, said.get("text_config") or {}):
            for name in names:
                if isinstance(level.get(name), int):
                    return int(level[name])
        return None


def told(field: int | None, folder: int | None, name: str, model: str) -> int:
    """A number of the blueprint, else of the folder. Raises UserError where neither says it."""
    found = field if field is not None else folder
    if found is None:
        raise UserError(
            f"the files of {model} do not say its {name}", hint=f"write it in the blueprint, as {name}: 512"
        )
    return found


def refuse_pickle(folder: ModelFolder) -> None:
    """Raises UserError where weights lie in a format that may hold code and in no other."""
    for place in {folder.base, *(place for _, place in folder.modules)}:
        old = next((file for file in sorted(place.glob("*.bin")) if not list(place.glob("*.safetensors"))), None)
        if old is not None:
            raise UserError(
                f"{old} is a pickle, which may hold code, and {place} has no safetensors",
                hint="take a revision with model.safetensors, or save the model anew with safe_serialization=True",
            )


def room(window: int, prefix: str) -> int:
    """Tokens that are left for a text beside the marks and what is written before it."""
    return max(1, window - MARKS - len(piece_ends(prefix)))


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of(files: Sequence[Path], beside: Path) -> str:
    """The SHA-256 of a file; of several, that of the list that `sha256sum` prints when run in the folder `beside`."""
    if len(files) == 1:
        return sha256(files[0])
    lines = (f"{sha256(file)}  {file.relative_to(beside).as_posix()}\n" for file in files)
    return digest("".join(lines).encode())


def pinned(found: str, wanted: str | None, what: Path) -> str:
    """Raises UserError where the model is not the one that the blueprint names."""
    if wanted is not None and found != wanted:
        raise UserError(
            f"{what} is not the model that the blueprint pins: its SHA-256 is {found}",
            hint="put the pinned files back, or write this value as sha256 if the change was meant",
        )
    return found


def json_of(file: Path) -> Any:
    """None where there is no such file."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UserError(f"{file} cannot be read: {error}", hint="copy the model's files anew") from error
