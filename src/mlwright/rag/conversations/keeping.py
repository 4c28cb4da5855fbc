"""Keeping conversations: begun with an answer, continued by their owner, forgotten after a while, deleted on demand."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from mlwright.kernel.base import Kernel
from mlwright.kernel.clock import stamp
from mlwright.kernel.errors import Conflict, NotFound
from mlwright.kernel.ids import Ref, new_ref
from mlwright.rag.conversations import tables
from mlwright.rag.types import Answer, Conversation, Turn

NEW = "new"
"""What stands for a conversation that is to begin."""
_SWEEP_EVERY = 50


@dataclass(frozen=True, slots=True)
class Memory:
    """What an answer may know of the talk before it. `ref` is set where the turn is to be kept."""

    turns: tuple[Turn, ...] = ()
    shown: tuple[str, ...] = ()
    """The chunks that the last turn has shown, in their order."""
    ref: Ref | None = None
    owner: str = ""


class Conversations:
    """The conversations of a workspace. An owner never learns of another's: to him they do not exist."""

    def __init__(self, kernel: Kernel, keep: float) -> None:
        """`keep` is in seconds, from the last turn."""
        kernel.store.migrate("mlwright.rag")
        self._kernel, self._keep = kernel, timedelta(seconds=keep)

    def all(self, owner: str = "", limit: int = 100) -> list[Conversation]:
        """The owner's conversations, the latest first."""
        return tables.conversations(self._kernel.store, owner, self._since(), limit)

    def get(self, ref: Ref, owner: str = "") -> Conversation:
        """Raises NotFound, also for what is another's."""
        found = tables.conversation(self._kernel.store, ref, owner, self._since())
        if found is None:
            raise NotFound(f"there is no {ref} here", hint=f'begin one with conversation: "{NEW}"')
        return found

    def turns(self, ref: Ref, owner: str = "", limit: int = 1000) -> list[tuple[Ref, Turn]]:
        """Its turns with the refs of their answers, oldest first. Raises NotFound."""
        self.get(ref, owner)
        return [(answer, turn) for answer, turn, _ in tables.turns(self._kernel.store, ref, limit)]

    def delete(self, ref: Ref, owner: str = "") -> None:
        """Delete it with its turns and their answers. Raises NotFound."""
        self.get(ref, owner)
        tables.delete(self._kernel.store, ref)

    def recall(self, named: str, owner: str, pipeline: str, limit: int) -> Memory:
        """The last turns of a conversation by its ref, or the empty memory of a new one. Raises NotFound; Conflict
        where it was led with another pipeline."""
        if named == NEW:
            return Memory(ref=new_ref("conversation"), owner=owner)
        try:
            ref = Ref.parse(named)
        except ValueError as error:
            raise NotFound(f"there is no conversation {named!r}", hint=f'begin one with "{NEW}"') from error
        if (led := self.get(ref, owner).pipeline) != pipeline:
            raise Conflict(f"{ref} is with pipeline {led!r}, not {pipeline!r}", hint="begin a new one")
        kept = tables.turns(self._kernel.store, ref, limit)
        return Memory(tuple(turn for _, turn, _ in kept), tuple(kept[-1][2]) if kept else (), ref, owner)

    def add(self, memory: Memory, answer: Answer, shown: Sequence[str]) -> None:
        """Queue a turn; now and then what nobody continued is forgotten."""
        if memory.ref is None:
            return
        tables.add_turn(self._kernel.store, memory.ref, memory.owner, answer, shown)
        if random.randrange(_SWEEP_EVERY) == 0:  # noqa: S311 - housekeeping, now and then
            tables.forget(self._kernel.store, self._since())

    def _since(self) -> str:
        return stamp(self._kernel.clock.now() - self._keep)
