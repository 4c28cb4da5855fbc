"""A real HTTP server on this machine that speaks what the index `qdrant` uses of Qdrant's protocol.

Behind it is the in-memory mode of Qdrant's own client, so requests are checked against the models of the protocol and
filters mean what they mean there. It is no test of durability, of graphs or of quantised vectors: it has none of these.
"""

import json
import re
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from pydantic import TypeAdapter
from qdrant_client import QdrantClient, models

_Selector: TypeAdapter[Any] = TypeAdapter(models.FilterSelector | models.PointIdsList)


class QdrantServer:
    """`with QdrantServer() as server: … url=server.url`. `key` makes it ask for that `api-key`; `refusals` are statuses
    that the next requests get, whatever they ask."""

    def __init__(self, key: str = "") -> None:
        self.refusals: deque[int] = deque()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        """Method and path, and the body, of every request."""
        self._key, self._client, self._alone = key, QdrantClient(":memory:"), threading.Lock()
        self._fields: dict[str, dict[str, Any]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, name="qdrant-server", daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._client.close()

    def answer(self, asked: str, key: str, body: dict[str, Any]) -> tuple[int, object]:
        """Status and body of the answer to `METHOD /path`."""
        self.asked.append((asked, body))
        if self.refusals:
            return self.refusals.popleft(), {"status": {"error": "refused as told"}}
        if self._key and key != self._key:
            return 401, {"status": {"error": "Must provide an API key"}}
        for pattern, do in _ROUTES.items():
            if found := re.fullmatch(pattern, asked):
                try:
                    with self._alone:
                        result = do(self, found[1], body)
                except KeyError as error:
                    return 404, {"status": {"error": f"Not found: {error}"}}
                except ValueError as error:
                    return 400, {"status": {"error": str(error)}}
                return 200, {"result": _plain(result), "status": "ok", "time": 0.0}
        return 404, {"status": {"error": f"there is no {asked}"}}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                path = self.path.partition("?")[0]
                asked = json.loads(body) if body else {}
                status, said = server.answer(f"{self.command} {path}", self.headers.get("api-key") or "", asked)
                data = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST = answer

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    # --- what it does

    def _exists(self, name: str, _: dict[str, Any]) -> object:
        return {"exists": self._client.collection_exists(name)}

    def _create(self, name: str, body: dict[str, Any]) -> object:
        asked = models.CreateCollection.model_validate(body)
        self._fields[name] = {}
        return self._client.create_collection(name, vectors_config=asked.vectors)

    def _info(self, name: str, _: dict[str, Any]) -> object:
        info = _plain(self._client.get_collection(name))
        return {**info, "payload_schema": self._fields[name]}

    def _index(self, name: str, body: dict[str, Any]) -> object:
        asked = models.CreateFieldIndex.model_validate(body)
        self._fields[name][asked.field_name] = {"data_type": body["field_schema"]["type"], "points": 0}
        return _DONE

    def _upsert(self, name: str, body: dict[str, Any]) -> object:
        self._client.upsert(name, models.PointsList.model_validate(body).points)
        return _DONE

    def _set_payload(self, name: str, body: dict[str, Any]) -> object:
        asked = models.SetPayload.model_validate(body)
        self._client.set_payload(name, asked.payload, points=asked.points or asked.filter)
        return _DONE

    def _delete(self, name: str, body: dict[str, Any]) -> object:
        self._client.delete(name, _Selector.validate_python(body))
        return _DONE

    def _retrieve(self, name: str, body: dict[str, Any]) -> object:
        asked = models.PointRequest.model_validate(body)
        return self._client.retrieve(name, asked.ids, with_payload=asked.with_payload, with_vectors=asked.with_vector)

    def _scroll(self, name: str, body: dict[str, Any]) -> object:
        asked = models.ScrollRequest.model_validate(body)
        points, after = self._client.scroll(
            name,
            scroll_filter=asked.filter,
            limit=asked.limit,
            offset=asked.offset,
            with_payload=asked.with_payload,
            with_vectors=asked.with_vector,
        )
        return {"points": points, "next_page_offset": after}

    def _count(self, name: str, body: dict[str, Any]) -> object:
        return self._client.count(name, models.CountRequest.model_validate(body).filter)

    def _query(self, name: str, body: dict[str, Any]) -> object:
        asked = models.QueryRequest.model_validate(body)
        return self._client.query_points(
            name,
            query=asked.query,
            query_filter=asked.filter,
            limit=asked.limit,
            with_payload=asked.with_payload,
            with_vectors=asked.with_vector,
        )


_DONE = {"operation_id": 0, "status": "completed"}


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value


_ROUTES: dict[str, Callable[[QdrantServer, str, dict[str, Any]], object]] = {
    r"GET /collections/([^/]+)/exists": QdrantServer._exists,
    r"PUT /collections/([^/]+)": QdrantServer._create,
    r"GET /collections/([^/]+)": QdrantServer._info,
    r"PUT /collections/([^/]+)/index": QdrantServer._index,
    r"PUT /collections/([^/]+)/points": QdrantServer._upsert,
    r"POST /collections/([^/]+)/points": QdrantServer._retrieve,
    r"POST /collections/([^/]+)/points/payload": QdrantServer._set_payload,
    r"POST /collections/([^/]+)/points/delete": QdrantServer._delete,
    r"POST /collections/([^/]+)/points/scroll": QdrantServer._scroll,
    r"POST /collections/([^/]+)/points/count": QdrantServer._count,
    r"POST /collections/([^/]+)/points/query": QdrantServer._query,
}
