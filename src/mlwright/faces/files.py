"""Files that come with a form, for the API and the pages alike."""

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from mlwright.data import MAX_UPLOAD
from mlwright.kernel.errors import UserError

MOST = 200
"""Files in one request."""


async def files_of(request: Request) -> tuple[list[tuple[str, bytes]], str]:
    """The files of a form as (name, bytes), a pasted `text` under its `name` among them, and the `source` it names.
    Raises UserError for a form that has neither, and HTTPException for one that is broken or has too many."""
    async with request.form(max_files=MOST, max_part_size=MAX_UPLOAD) as form:
        found = [(one.filename, await one.read()) for one in _files(form) if one.filename]
        text, name = str(form.get("text", "")), str(form.get("name", "")).strip()
        source = str(form.get("source", ""))
    if text.strip():
        found.append((_named(name or "pasted text"), text.encode()))
    if not found:
        raise UserError("there is no file in it", hint="choose files, or paste a text")
    return found, source


def _files(form: FormData) -> list[UploadFile]:
    return [value for _, value in form.multi_items() if isinstance(value, UploadFile)]


def _named(name: str) -> str:
    """A pasted text without an ending is Markdown."""
    return name if "." in name.rpartition("/")[2] else f"{name}.md"
