"""Where the points of an index stand: on a server, or in files of a folder, which one process may have open.

The files of Qdrant's client are an SQLite database that is committed for every single point. It is set to write ahead,
so that a commit waits once for the disk and not four times.
"""

import shutil
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock, RLock
from typing import ClassVar, Protocol
from urllib.parse import urlsplit

from qdrant_client import QdrantClient
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from mlwright.kernel.errors import Conflict, ProviderError, TransientError, UserError
from mlwright.rag.indexes._address import is_near

Make = Callable[[QdrantClient], None]

_PATIENCE_S = 120
"""Deleting many points is one request."""
_AGAIN = (408, 429, 500, 502, 503, 504)


class Place(Protocol):
    """Safe to use from several threads."""

    title: str
    compares: bool
    """Every question is answered by comparing every point with every value of the filter, in this process."""

    def use(self) -> AbstractContextManager[QdrantClient]:
        """Raises ProviderError, TransientError where it may be tried again, UserError for a key that is refused."""
        ...

    def tidy(self) -> None:
        """Give the space of deleted points back, where the place does not do that by itself."""
        ...

    def bytes(self) -> int | None:
        """The disk it takes; None where nobody tells."""
        ...

    def close(self) -> None: ...


class Server:
    """A server over HTTP."""

    compares = False

    def __init__(self, url: str, key: str | None, name: str, make: Make) -> None:
        self.title = f"the index {name} on {urlsplit(url).hostname or url}"
        with _in_our_words(self.title), warnings.catch_warnings():
            if is_near(url):
                warnings.filterwarnings("ignore", "Api key is used with an insecure connection", UserWarning)
            self._client = QdrantClient(url=url, api_key=key, timeout=_PATIENCE_S, check_compatibility=False)
        with self.use() as client:
            make(client)

    @contextmanager
    def use(self) -> Iterator[QdrantClient]:
        with _in_our_words(self.title):
            yield self._client

    def tidy(self) -> None:
        """The server does it."""

    def bytes(self) -> int | None:
        return None

    def close(self) -> None:
        self._client.close()


@contextmanager
def _in_our_words(place: str) -> Iterator[None]:
    try:
        yield
    except ResourceExhaustedResponse as error:
        raise TransientError(
            f"{place} has too much to do", hint="ask again in a moment", retry_after=error.retry_after_s
        ) from error
    except UnexpectedResponse as error:
        said = f"{place}: {error.status_code} {error.content.decode(errors='replace')[:500]}"
        if error.status_code in (401, 403):
            raise UserError(said, hint="give the engine the server's api_key: ${QDRANT_API_KEY}") from error
        kind = TransientError if error.status_code in _AGAIN else ProviderError
        raise kind(said, hint="see what the log of the Qdrant server says") from error
    except ResponseHandlingException as error:
        raise TransientError(
            f"{place} does not answer: {error.source}", hint="see whether the Qdrant server runs at that address"
        ) from error
    except (ApiException, ValueError) as error:
        raise ProviderError(f"{place}: {error}", hint="see whether that is the address of a Qdrant server") from error


@dataclass(slots=True)
class _Opened:
    client: QdrantClient
    users: int = 0
    lock: RLock = field(default_factory=RLock)


class Folder:
    """Files of a folder. The indexes of this process that stand there share one client, for one thread at a time."""

    compares = True
    _opened: ClassVar[dict[Path, _Opened]] = {}
    _opening: ClassVar[Lock] = Lock()

    def __init__(self, folder: Path, make: Make) -> None:
        """Raises Conflict while another process has the folder open."""
        self._folder, self.title = folder.resolve(), f"the index in {folder}"
        with self._opening, self._in_our_words():
            self._shared = self._opened.get(self._folder) or _Opened(self._first(make))
            self._opened[self._folder] = self._shared
            self._shared.users += 1
        self._closed = False

    def _first(self, make: Make) -> QdrantClient:
        """The collection is made beside its place and moved there whole."""
        if not self._folder.exists():
            beside = self._folder.with_name(f"{self._folder.name}.new")
            shutil.rmtree(beside, ignore_errors=True)  # of an opening that was killed
            client = _client(beside)
            make(client)
            client.close()
            for database in beside.rglob("*.sqlite"):
                with closing(sqlite3.connect(database)) as connection:
                    connection.execute("pragma journal_mode=wal")
            beside.rename(self._folder)
        return _client(self._folder)

    @contextmanager
    def use(self) -> Iterator[QdrantClient]:
        with self._shared.lock, self._in_our_words():
            yield self._shared.client

    def tidy(self) -> None:
        with self.use():
            for database in self._folder.rglob("*.sqlite"):
                with closing(sqlite3.connect(database)) as connection:
                    connection.execute("vacuum")
                    connection.execute("pragma wal_checkpoint(truncate)")

    def bytes(self) -> int | None:
        return sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())

    def close(self) -> None:
        with self._opening:
            if self._closed:
                return
            self._closed = True
            self._shared.users -= 1
            if not self._shared.users:
                del self._opened[self._folder]
                self._shared.client.close()

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        """Files that are damaged make Qdrant's client raise what it likes."""
        try:
            yield
        except Exception as error:
            if "already accessed by another instance" in str(error):
                raise Conflict(
                    f"{self.title} is open in another process",
                    hint="stop that process, or give the engine a server: {use: qdrant, url: ${QDRANT_URL}}",
                ) from error
            raise ProviderError(
                f"{self.title} cannot be read: {type(error).__name__}: {error}",
                hint="run mlwright index verify --repair",
            ) from error


def _client(folder: Path) -> QdrantClient:
    return QdrantClient(path=str(folder), force_disable_check_same_thread=True)
