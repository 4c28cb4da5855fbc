"""The exact cache: the same request to the same versions is answered once, also when fifty ask at the same time.

The key covers the question (stripped, nothing else), the history before it, the filter, the endpoint, and everything
that the release says its answers depend on, so a changed index, prompt or model can never be answered from here. Only
complete answers that needed no fallback are kept, as JSON, in memory and in the store.
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b

import orjson

from mlwright.kernel.clock import Clock, stamp
from mlwright.kernel.store import Store
from mlwright.serving import tables
from mlwright.serving.ports import Event, Request

_IN_MEMORY = 2_000
_SWEEP_EVERY = 200
Events = AsyncGenerator[Event, None]


def cache_key(endpoint: str, request: Request, versions: Mapping[str, str]) -> str:
    """The name of a request in the cache. `user` and `model` are no part of it: they must not change the answer."""
    history = [[question.strip(), answer.strip()] for question, answer in request.history]
    canonical = [2, endpoint, request.question.strip(), history, dict(request.filter), dict(versions)]
    return blake2b(orjson.dumps(canonical, option=orjson.OPT_SORT_KEYS), digest_size=20).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer as it is kept: all its tokens as one text, and the data of `done`."""

    text: str
    done: Mapping[str, object]

    def replay(self) -> Iterator[Event]:
        cited = self.done.get("citations")
        for citation in cited if isinstance(cited, Sequence) else ():
            yield Event("citation", citation)
        yield Event("token", {"text": self.text})
        yield Event("done", {**self.done, "cached": True})

    def to_json(self) -> str:
        return orjson.dumps({"text": self.text, "done": dict(self.done)}).decode()

    @classmethod
    def from_json(cls, text: str) -> "Entry":
        data = orjson.loads(text)
        return cls(data["text"], data["done"])


class _Left(Exception):
    """The leader of a flight was cancelled; somebody else may lead."""


class _Failed(Exception):
    """The leader of a flight failed; the others try for themselves."""


class ExactCache:
    """Answers of all endpoints of one workspace."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._memory: OrderedDict[str, tuple[Entry, str]] = OrderedDict()
        self._flights: dict[str, asyncio.Future[Entry]] = {}

    def get(self, key: str) -> Entry | None:
        now = stamp(self._clock.now())
        if held := self._memory.get(key):
            if held[1] > now:
                self._memory.move_to_end(key)
                return held[0]
            del self._memory[key]
        if found := tables.cached(self._store, key, now):
            entry = Entry.from_json(found[0])
            self._remember(key, entry, found[1])
            return entry
        return None

    def put(self, key: str, endpoint: str, entry: Entry, ttl: float) -> None:
        expires = stamp(self._clock.now() + timedelta(seconds=ttl))
        self._remember(key, entry, expires)
        tables.keep(self._store, key, endpoint, entry.to_json(), expires)
        if random.randrange(_SWEEP_EVERY) == 0:  # noqa: S311 - housekeeping, now and then
            tables.drop_expired(self._store, stamp(self._clock.now()))

    def _remember(self, key: str, entry: Entry, expires: str) -> None:
        self._memory[key] = (entry, expires)
        self._memory.move_to_end(key)
        if len(self._memory) > _IN_MEMORY:
            self._memory.popitem(last=False)

    async def through(
        self, key: str, endpoint: str, ttl: float, patience: float, fresh: Callable[[], Events]
    ) -> Events:
        """The kept answer; or the one that another request is just getting, for `patience` seconds; or `fresh()`.

        A leader that fails raises to its own client only, and the others then ask for themselves; when the client of
        the leader goes away, the next one leads.
        """
        while True:
            entry = self.get(key)
            if entry is None and (flight := self._flights.get(key)):
                try:
                    entry = await asyncio.wait_for(asyncio.shield(flight), patience)
                except _Left:
                    continue
                except (_Failed, TimeoutError):
                    async with aclosing(fresh()) as events:
                        async for event in events:
                            yield event
                    return
            break
        if entry is not None:
            for event in entry.replay():
                yield event
            return
        async with aclosing(self._lead(key, endpoint, ttl, fresh)) as events:
            async for event in events:
                yield event

    async def _lead(self, key: str, endpoint: str, ttl: float, fresh: Callable[[], Events]) -> Events:
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        flight.add_done_callback(lambda done: done.exception())  # nobody has to follow
        said: list[str] = []
        try:
            async with aclosing(fresh()) as events:
                async for event in events:
                    if event.type == "token":
                        said.append(str(event.data["text"]))
                    elif event.type == "done":
                        entry = Entry("".join(said), event.data)
                        if "fallback" not in event.data:
                            self.put(key, endpoint, entry, ttl)
                        flight.set_result(entry)
                    yield event
        except Exception:
            if not flight.done():
                flight.set_exception(_Failed())
            raise
        finally:
            if not flight.done():
                flight.set_exception(_Left())
            del self._flights[key]
