"""Static embeddings from a folder: a table with one vector a token, as model2vec makes it; no neural network is run."""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from mlwright.kernel.errors import NotFound, UserError
from mlwright.kernel.ids import Ref, content_ref
from mlwright.kernel.parts import need
from mlwright.kernel.units import Count
from mlwright.models.embed import Embedder, EmbedFacts, EmbedPart
from mlwright.models.embed._folder import ModelFolder, json_of, pinned, sha256
from mlwright.models.located import Located

MAX_TOKENS = 512
"""What model2vec reads of a text where the model does not say it."""
FORMAT = 1
"""Raised when the same files and fields give other vectors."""
_TABLES = {"embeddings": False, "embedding.weight": True}
"""The tensor that model2vec and sentence-transformers write, and whether unknown tokens count in it."""
_FOLDERS = ("", "0_StaticEmbedding")


class Config(EmbedPart, Located):
    """A model2vec model, or a static one of sentence-transformers: a folder with `model.safetensors` and
    `tokenizer.json`. A text is the mean of its tokens' vectors, in microseconds. It knows words that are alike, not
    what a sentence says: clearly behind a transformer, for drafts, tests in CI, and very large collections."""

    use: Literal["static"] = "static"
    model: str = Field(min_length=1)
    """The folder, as `models/potion-base-8M`; a relative path starts at the blueprint's folder."""
    dims: int | None = Field(default=None, ge=1)
    """Length of a vector; all that the table has where absent."""
    max_tokens: Count | None = Field(default=None, ge=1)
    """Tokens of a text that count: what the folder says where absent, else 512."""
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """SHA-256 that model.safetensors must have, as `sha256sum` prints it."""

    def facts(self) -> EmbedFacts:
        """Raises NotFound and UserError where the folder is no such model and `dims` is not written."""
        name = self.place.name
        if self.dims is not None and not self.place.is_dir():
            return EmbedFacts(dims=self.dims, max_tokens=self.max_tokens or MAX_TOKENS, model=name)
        folder = ModelFolder.of(self.place)
        dims, window = self._sizes(folder)
        return EmbedFacts(dims=dims, max_tokens=window, model=name, licence=folder.licence)

    def build(self) -> Embedder:
        """Hashes the files; they are loaded when the model is first asked. Raises MissingExtra, NotFound, UserError."""
        for module in ("numpy", "tokenizers", "safetensors"):
            need(module, "local")
        from mlwright.models.embed._static import Recipe, Static

        folder = ModelFolder.of(self.place)
        weights, table, _ = _table(folder.place)
        dims, window = self._sizes(folder)
        recipe = Recipe(weights, _tokenizer(weights), table, _TABLES[table], window, dims)
        fields = {
            "weights": pinned(sha256(weights), self.sha256, weights),
            "tokenizer": sha256(recipe.tokenizer),
            "table": table,
            "window": window,
            "dims": dims,
        }
        return Static(Ref("model", f"static@{content_ref('model', fields, format=FORMAT).id}"), recipe)

    def _sizes(self, folder: ModelFolder) -> tuple[int, int]:
        """Length of a vector and tokens at once."""
        _, _, own = _table(folder.place)
        if self.dims is not None and self.dims > own:
            raise UserError(
                f"dims: {self.dims} is more than the {own} of {folder.place}", hint=f"write {own} or less, or nothing"
            )
        said = (json_of(folder.place / "config.json") or {}).get("max_length")
        return self.dims or own, self.max_tokens or int(said or MAX_TOKENS)


def _table(place: Path) -> tuple[Path, str, int]:
    """The file of the table, the tensor's name, and the length of its rows. Raises NotFound and UserError."""
    weights = next((file for name in _FOLDERS if (file := place / name / "model.safetensors").is_file()), None)
    if weights is None:
        raise NotFound(
            f"the model folder {place} has no model.safetensors",
            hint="copy model.safetensors, tokenizer.json and config.json of a model2vec model there",
        )
    shapes = {name: said["shape"] for name, said in _header(weights).items() if name in _TABLES}
    found = next((name for name in _TABLES if len(shapes.get(name, ())) == 2), None)
    if found is None:
        raise UserError(
            f"{weights} has no table `embeddings` with a row a token: it is no static model",
            hint="a transformer runs with use: onnx or use: sentence_transformers",
        )
    return weights, found, int(shapes[found][1])


def _header(file: Path) -> dict[str, Any]:
    """What a safetensors file says of its tensors: 8 bytes with the length of a JSON object, and the object."""
    try:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            said = dict(json.loads(opened.read(min(length, file.stat().st_size))))
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"{file} cannot be read as safetensors: {error}", hint="copy the model's files anew") from error
    return {name: entry for name, entry in said.items() if name != "__metadata__"}


def _tokenizer(weights: Path) -> Path:
    file = weights.parent / "tokenizer.json"
    if not file.is_file():
        raise NotFound(
            f"{weights.parent} has no tokenizer.json", hint="it lies beside model.safetensors where published"
        )
    return file
