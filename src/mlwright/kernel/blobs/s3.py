"""Blobs as objects of a bucket that speaks the S3 protocol, through obstore (extra `s3`).

The address is `s3://bucket/prefix`, and for other services than AWS `s3://bucket/prefix?endpoint=http://host:9000`,
with `region` where it matters. Keys come from the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, …) or the
machine's role, never from the address.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mlwright.kernel.blobs import GRACE_S, checked
from mlwright.kernel.errors import NotFound, ProviderError, TransientError, UserError
from mlwright.kernel.ids import digest
from mlwright.kernel.parts import need

_KEYS = {"endpoint", "region"}
_ADDRESS = "write s3://bucket/prefix or s3://bucket/prefix?endpoint=http://host:9000&region=us-east-1"


class S3Blobs:
    """A bucket, or a prefix of one."""

    def __init__(self, bucket: Any, obstore: Any, place: str) -> None:
        self._bucket, self._obstore, self._place = bucket, obstore, place

    @classmethod
    def open(cls, url: str) -> "S3Blobs":
        """Read the address; the bucket is asked on first use. Raises UserError and MissingExtra."""
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query))
        if not parts.netloc or set(asked) - _KEYS:
            raise UserError(f"{url} is not the address of a bucket", hint=_ADDRESS)
        obstore = need("obstore", "s3")
        stores = need("obstore.store", "s3")
        bucket = stores.S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            client_options={"allow_http": asked.get("endpoint", "").startswith("http://"), "timeout": "60s"},
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=30)},
            **asked,
        )
        return cls(bucket, obstore, f"s3://{parts.netloc}{parts.path.rstrip('/')}")

    def put(self, data: bytes) -> str:
        """Keep the bytes; their name."""
        name = digest(data)
        with self._clear(name):
            if not self._young(name):
                self._obstore.put(self._bucket, _path(name), data)
        return name

    def put_many(self, many: Iterable[bytes]) -> list[str]:
        """Keep many, each as an object; their names."""
        return [self.put(data) for data in many]

    def get(self, sha256: str) -> bytes:
        """The bytes of that name. Raises NotFound, or ProviderError where the object is damaged."""
        with self._clear(checked(sha256)):
            data = bytes(self._obstore.get(self._bucket, _path(sha256)).bytes())
        if digest(data) != sha256:
            raise ProviderError(
                f"the blob {self._place}/{_path(sha256)} is damaged",
                hint="delete the object and ingest its source again",
            )
        return data

    def has(self, sha256: str) -> bool:
        """Whether a blob of that name is kept."""
        with self._clear(checked(sha256)):
            return self._written(sha256) is not None

    def ids(self) -> Iterator[str]:
        """Every name."""
        yield from (name for name, _ in self._listed())

    def gc(self, live: Collection[str], *, age_s: float = GRACE_S) -> int:
        """Drop every blob that is not in `live` and older than `age_s` seconds; how many."""
        kept, before = frozenset(live), datetime.now(UTC) - timedelta(seconds=age_s)
        dead = [name for name, written in self._listed() if name not in kept and written <= before]
        self.drop(dead)
        return len(dead)

    def drop(self, names: Iterable[str]) -> None:
        """Drop these now."""
        gone = [_path(checked(name)) for name in names]
        with self._clear("objects"):
            for start in range(0, len(gone), 1000):
                self._obstore.delete(self._bucket, gone[start : start + 1000])

    def _young(self, name: str) -> bool:
        """Whether it is there, and gc will not drop it before its owner could write down its name."""
        written = self._written(name)
        return written is not None and datetime.now(UTC) - written < timedelta(seconds=GRACE_S / 2)

    def _written(self, name: str) -> datetime | None:
        try:
            found: datetime = self._obstore.head(self._bucket, _path(name))["last_modified"]
        except FileNotFoundError:
            return None
        return found

    def _listed(self) -> Iterator[tuple[str, datetime]]:
        with self._clear("objects"):
            for batch in self._obstore.list(self._bucket):
                for found in batch:
                    folder, _, name = found["path"].rpartition("/")
                    if len(name) == 64 and folder == name[:2]:
                        yield name, found["last_modified"]

    @contextmanager
    def _clear(self, name: str) -> Iterator[None]:
        """Errors of obstore in our words."""
        errors = self._obstore.exceptions
        try:
            yield
        except FileNotFoundError as error:
            raise NotFound(f"{self._place} has no blob {name}", hint="ingest its source again") from error
        except (errors.PermissionDeniedError, errors.UnauthenticatedError) as error:
            raise ProviderError(
                f"{self._place} refused: {_first(error)}",
                hint="check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and policy",
            ) from error
        except errors.BaseError as error:
            raise TransientError(
                f"{self._place} failed: {_first(error)}", hint="check the endpoint, the bucket and the network"
            ) from error


def _path(name: str) -> str:
    return f"{name[:2]}/{name}"


def _first(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
