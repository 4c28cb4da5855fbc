"""The pages: server-rendered HTML that works under a strict CSP, mounted by the API under the same guard."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.faces.ui.making import Pages as Pages
    from mlwright.faces.ui.making import make_pages as make_pages

__all__ = ["Pages", "make_pages"]
__getattr__, __dir__ = front_door(__name__, making="Pages make_pages")
