"""Front doors that open on first use (PEP 562), so that reading a package imports nothing heavy."""

import importlib
import sys
from collections.abc import Callable


def front_door(package: str, **rooms: str) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """`__getattr__, __dir__ = front_door(__name__, answer="Answer Rag", spec="RagSpec")`.

    Each keyword is a module of the package, its value the names that module gives to the world.
    """
    home = {name: f"{package}.{module}" for module, names in rooms.items() for name in names.split()}

    def get(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(home[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return get, lambda: sorted(home)
