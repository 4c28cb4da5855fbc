"""The files that pages load: scripts, styles and the icon, under names that change with their content."""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from mlwright.kernel.errors import NotFound

FOLDER = Path(__file__).parent / "assets"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file in memory; `packed` is its gzip. `digest` are the first 12 hex digits of its sha256."""

    name: str
    digest: str
    media_type: str
    body: bytes
    packed: bytes

    @property
    def url(self) -> str:
        return f"/assets/{self.digest}/{self.name}"


@cache
def assets() -> dict[str, Asset]:
    """Every file of the folder that has a type, by name; read once."""
    return {path.name: _read(path) for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}


def asset(name: str) -> Asset:
    """Raises NotFound."""
    found = assets().get(name)
    if found is None:
        raise NotFound(f"there is no asset {name!r}")
    return found


def url(name: str) -> str:
    """Where a file is now, as templates write it."""
    return asset(name).url


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    packed = gzip.compress(body, 9, mtime=0)
    return Asset(path.name, sha256(body).hexdigest()[:12], TYPES[path.suffix], body, packed)
