"""Any model of sentence-transformers, on torch: a folder, or a name at its hub with a revision."""

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import Field

from mlwright.kernel.errors import UserError
from mlwright.kernel.ids import Ref, content_ref
from mlwright.kernel.parts import need
from mlwright.kernel.units import Count
from mlwright.models.embed import Embedder, EmbedFacts, EmbedPart
from mlwright.models.embed._folder import ModelFolder, Prefixes, refuse_pickle, room, sha256, told
from mlwright.models.located import Located
from mlwright.models.onnx_session import Device

FORMAT = 1
"""Raised when the same files and fields give other vectors."""
_MADE_OF = ("*.safetensors", "*.json", "*.txt", "*.model")


class Config(EmbedPart, Located):
    """A model that sentence-transformers runs, on a GPU where there is one. It needs torch (extra
    `sentence-transformers`, over a gigabyte); a model that has been exported to ONNX runs without it, see `onnx`.
    Only weights in safetensors are read, and no code that comes with a model is run."""

    use: Literal["sentence_transformers"] = "sentence_transformers"
    model: str = Field(min_length=1)
    """A folder (a relative path starts at the blueprint's folder), or the name of a published model, as `BAAI/bge-m3`,
    which is fetched once."""
    revision: str | None = Field(default=None, pattern="^[0-9a-f]{40}$")
    """The commit of a published model, 40 hex digits: what its name stands for may change. Needed unless `model` is a
    folder."""
    prefixes: Prefixes = Prefixes()
    """What is written before each text, as `{query: "query: ", document: "passage: "}`. Absent: the model's own
    prompts."""
    precision: Literal["fp32", "fp16", "bf16"] = "fp32"
    """In what the model computes; the two short ones are for GPUs."""
    dims: int | None = Field(default=None, ge=1)
    """Length of a vector; needed unless `model` is a folder that says it. Less than the model's own shortens them,
    which only models that were trained for it (Matryoshka) bear."""
    max_tokens: Count | None = Field(default=None, ge=8)
    """Tokens that the model reads at once, its marks and the prefix included; needed unless `model` is a folder that
    says it."""
    device: Device = "auto"
    """`auto`: what sentence-transformers finds best; `cuda`: a GPU or an error."""
    batch: int = Field(default=32, ge=1, le=4096)
    """Texts at once."""

    def facts(self) -> EmbedFacts:
        """Raises UserError where neither blueprint nor folder says the length of a vector and the limit."""
        folder = self._folder()
        dims, window = self._sizes(folder)
        query, document = self._prefixes(folder)
        return EmbedFacts(
            dims=dims,
            max_tokens=room(window, document),
            model=self.place.name if folder else self.model,
            licence=folder.licence if folder else "",
            prefixes=(query, document),
            unpinned="" if folder or self.revision else self.model,
        )

    def build(self) -> Embedder:
        """Hashes a folder; a model is fetched and loaded when it is first asked. Raises MissingExtra and UserError."""
        if find_spec("sentence_transformers") is None:  # looked for without loading it, which takes seconds
            need("sentence_transformers", "sentence-transformers")
        from mlwright.models.embed._transformers import Transformers

        folder = self._folder()
        if folder is None and self.revision is None:
            raise UserError(
                f"{self.model} is no folder here, and as a published model it has no revision",
                hint="write revision: and the 40 hex digits of a commit of the model, or the path of a folder",
            )
        if folder is not None:
            refuse_pickle(folder)
        dims, window = self._sizes(folder)
        fields = {
            "model": _content(folder.place) if folder else [self.model, self.revision],
            "prefixes": self.prefixes.over(folder.prompts) if folder else self.prefixes.model_dump(),
            "precision": self.precision,
            "window": window,
            "dims": dims,
        }
        return Transformers(
            Ref("model", f"sentence-transformers@{content_ref('model', fields, format=FORMAT).id}"),
            str(folder.place) if folder else self.model,
            None if folder else self.revision,
            prefixes=self.prefixes,
            precision=self.precision,
            device=self.device,
            dims=dims,
            window=window,
            max_tokens=room(window, self._prefixes(folder)[1]),
            batch=self.batch,
        )

    def _folder(self) -> ModelFolder | None:
        return ModelFolder.of(self.place) if self.place.is_dir() else None

    def _prefixes(self, folder: ModelFolder | None) -> tuple[str, str]:
        """Before a question and before a document; of a model that is not here yet, what the blueprint says."""
        if folder is None:
            return self.prefixes.written
        found = self.prefixes.over(folder.prompts)
        return found["query"], found["document"]

    def _sizes(self, folder: ModelFolder | None) -> tuple[int, int]:
        """Length of a vector and tokens at once."""
        return (
            told(self.dims, folder.dims if folder else None, "dims", self.model),
            told(self.max_tokens, folder.window if folder else None, "max_tokens", self.model),
        )


def _content(place: Path) -> list[list[str]]:
    """The files that make the vectors, by name, each with its hash."""
    files = sorted({file for pattern in _MADE_OF for file in place.rglob(pattern)})
    return [[file.relative_to(place).as_posix(), sha256(file)] for file in files]
