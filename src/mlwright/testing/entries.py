"""Entries, vectors and filters made up for the conformance suite of indexes, the same for the same seed."""

from random import Random
from typing import TYPE_CHECKING

from mlwright.rag.conditions import ACL, All, Allowed, Any, Between, Filter, Is, Not, Prefix
from mlwright.rag.indexes import Entry
from mlwright.rag.types import MetaValue

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIMS = 16
WORDS = ["boiler", "valve", "pump", "gasket", "turbine", "rotor", "piston", "flange", "nozzle", "bearing"]


def vectors_of(count: int, seed: int = 0) -> "NDArray[np.float32]":
    """Unit vectors, shape (count, DIMS), the same for the same seed."""
    import numpy as np

    rows = np.random.default_rng(seed).standard_normal((count, DIMS)).astype(np.float32)
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def entries_of(count: int, seed: int = 0, prefix: str = "c") -> list[Entry]:
    """Entries with a few words each and fields of every kind: `colour` of two values, `tags` of none to three, `day`,
    `size` (a number), `acl` of half of them; every tenth has `rare: yes`."""
    random = Random(seed)  # noqa: S311

    def fields(number: int) -> dict[str, MetaValue]:
        found: dict[str, MetaValue] = {
            "colour": random.choice(("red", "blue")),
            "tags": tuple(random.sample(("a", "b", "c"), number % 4)),
            "day": f"2026-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}",
            "size": str(random.randrange(0, 200)),
        }
        return (
            found
            | ({"rare": "yes"} if number % 10 == 0 else {})
            | ({ACL: ("staff", "boss")[: number % 3]} if number % 2 else {})
        )

    return [
        Entry(
            f"{prefix}{number:05}",
            " ".join(random.choices(WORDS, k=8)) + f" item{number}",
            fields(number),
        )
        for number in range(count)
    ]


def some_filter(random: Random, depth: int) -> Filter:
    """A random filter over the fields of `entries_of`."""
    kind = random.randrange(9 if depth else 6)
    parts = [some_filter(random, depth - 1) for _ in range(random.randrange(0, 4))] if kind > 5 else []
    match kind:
        case 0:
            return Is("colour", tuple(random.sample(("red", "blue", "green"), random.randrange(0, 3))))
        case 1:
            return Is("tags", tuple(random.sample(("a", "b", "x"), random.randrange(1, 3))))
        case 2:
            low = f"2026-{random.randrange(1, 13):02}"
            return Between("day", low, random.random() < 0.5)
        case 3:
            return Between("size", str(random.randrange(0, 90)), False, str(random.randrange(80, 210)), True)
        case 4:
            return Prefix("day", f"2026-{random.randrange(0, 2)}")
        case 5:
            return random.choice((Allowed(("boss",)), Allowed(()), Allowed(("staff", "guest")), Is("rare", ("yes",))))
        case 6:
            return All(tuple(parts))
        case 7:
            return Any(tuple(parts))
    return Not(some_filter(random, depth - 1))
