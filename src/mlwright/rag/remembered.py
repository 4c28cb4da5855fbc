"""What was retrieved lately, as long as the index stays as it is: any change of a document empties it."""

import threading
from collections import OrderedDict
from collections.abc import Hashable

from mlwright.rag.types import Retrieval


class Remembered:
    """The last `most` retrievals by key, of one state of the index. `state` is the newest generation and whatever else
    changes what is found; where it is another than before, everything is forgotten, so nothing that was deleted can
    come back. Safe to call from several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._state: Hashable = None
        self._kept: OrderedDict[Hashable, Retrieval] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, state: Hashable, key: Hashable) -> Retrieval | None:
        with self._lock:
            self._enter(state)
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, state: Hashable, key: Hashable, found: Retrieval) -> None:
        with self._lock:
            if state != self._state:
                return  # the index has moved on while this was retrieved
            self._kept[key] = found
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def _enter(self, state: Hashable) -> None:
        if state != self._state:
            self._kept.clear()
            self._state = state
