"""The blueprint that `mlwright up PATH` writes for a folder of documents."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from mlwright.blueprint.writing import quoted, scalar
from mlwright.kernel.errors import NotFound, UserError

SUFFIXES = (
    *("md", "markdown", "mdx", "rst", "adoc", "org", "txt", "html", "htm", "xhtml", "pdf", "docx", "docm", "pptx"),
    *("pptm", "ipynb", "eml", "MD", "TXT", "HTML", "HTM", "PDF", "DOCX", "PPTX", "EML"),
)
"""What people write for people. Tables and code are read too, where somebody asks for them."""

_TEXT = """\
# Written by `mlwright up`. `mlwright check` reviews this file, `mlwright check --resolved` shows every default.
version: 1
system: {{name: {name}, purpose: {purpose}, risk: minimal}}

data:
  sources:
    docs: {{use: files, path: {path}}}  # csv, json and code are read, too

rag:
  docs:
    documents: docs
    chunk: {{by: structure}}  # along headings and paragraphs, never longer than the embedder reads
    retrieve: {{keep: 6}}     # found by words and vectors together; the best 6 passages are quoted

# Everything runs on this machine, without a key. To let a model write the answers instead of quoting, add:
# models: {{chat: {{writer: {{use: openai, model: gpt-4o-mini, api_key: "${{OPENAI_API_KEY}}", max_tokens: 500}}}}}}

serving:
  endpoints:
    answer:
      handler: rag.docs
      fallback: [rule.top_passages]
      rollout: {{steps: [10%, 100%], abort_if: {{error_rate: "> 10%"}}}}  # a change first answers a tenth
"""


def derive(documents: str | Path, to: str | Path | None = None) -> str:
    """The text of a first blueprint for a folder (or one file) of documents, to be saved as the file `to` (by default
    `mlwright.yaml` in the documents' folder). Equal arguments give equal text.

    Raises NotFound where there are no such documents, UserError where their path cannot be written as a pattern."""
    source = Path(documents)
    if not source.exists():
        raise NotFound(f"there is nothing at {source}", hint="name a folder of documents, or one document")
    source = source.resolve()
    folder = source if source.is_dir() else source.parent
    pattern = as_pattern(path_from(source, Path(to).resolve().parent if to is not None else folder))
    if source.is_dir():
        pattern = every(pattern, SUFFIXES)
    title = folder.name or "documents"
    purpose = f"Answers questions from the documents in {title}, with citations"
    return _TEXT.format(name=scalar(system_name(title)), purpose=quoted(purpose), path=quoted(pattern))


def check_documents(folder: Path) -> None:
    """Raises NotFound where the derived pattern would find nothing in the folder. Hidden files do not count."""
    endings = tuple(f".{suffix}" for suffix in SUFFIXES)
    for _, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if any(name.endswith(endings) and not name.startswith(".") for name in files):
            return
    known = ", ".join(f".{suffix}" for suffix in SUFFIXES if suffix.islower())
    raise NotFound(f"there are no documents in {folder.resolve()}", hint=f"put some there; these are read: {known}")


def path_from(source: Path, home: Path) -> str:
    """The way from a blueprint's folder to a file or folder; absolute where there is none (another drive)."""
    try:
        return Path(os.path.relpath(source.resolve(), home.resolve())).as_posix()
    except ValueError:
        return source.resolve().as_posix()


def every(folder: str, suffixes: Sequence[str]) -> str:
    """The pattern of all files with these endings (without their dots) in a folder that is a pattern itself."""
    endings = f"{{{','.join(suffixes)}}}" if len(suffixes) > 1 else suffixes[0]
    return f"{folder}/**/*.{endings}".removeprefix("./").replace("//", "/")


def as_pattern(path: str) -> str:
    """A path as a pattern that matches it alone. Raises UserError where none does."""
    if "{" in path and "," in path:
        raise UserError(f"the path {path} holds both a brace and a comma, and cannot be a pattern", hint="rename it")
    return re.sub(r"([*?\[])", r"[\1]", path)


def system_name(title: str) -> str:
    """A system's name from a folder's: ASCII letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "documents"
