"""Where a document's links lead: in a folder, on one page, or on the pages of a server."""

from typing import Protocol

from mlwright.blueprint import Place
from mlwright.kernel.ids import Ref


class Links(Protocol):
    """Contract: every answer is an address as it stands in a link, not escaped for any markup."""

    def line(self, place: Place) -> str:
        """A place of the blueprint."""

    def file(self, path: str) -> str:
        """A file beside the blueprint; empty where it cannot be reached."""

    def record(self, ref: Ref) -> str:
        """A record."""

    def document(self, name: str, anchor: str) -> str:
        """A document, or a heading of it."""

    def anchor(self, name: str, anchor: str) -> str:
        """What a heading of a document is called where it stands."""


def short(ref: Ref) -> str:
    """A reference short enough for a table: its kind, and the end of a sortable id or the start of a hash."""
    if len(ref.id) == 26 and ref.id.isalnum():
        return f"{ref.kind} {ref.id[-6:]}"
    return f"{ref.kind} {ref.id[:8] if len(ref.id) in (32, 40, 64) and ref.id.isalnum() else ref.id}"
