"""Loading on first use: once, however many threads ask at the same time."""

import threading
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

T = TypeVar("T")


class FirstUse(ABC, Generic[T]):
    """What a subclass loads is kept for as long as it lives; a load that failed is tried again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: T | None = None

    def _model(self) -> T:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    @abstractmethod
    def _load(self) -> T: ...
