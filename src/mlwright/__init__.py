"""mlwright: one blueprint describes an ML/LLM system, reviews it, prices it, draws it, documents it and runs it.

    import mlwright as mw

    with mw.open("mlwright.yaml") as app:
        app.up()
        answer = app.ask("How is the pump primed?")

Everything in `__all__` keeps its meaning within a major version; what stands elsewhere may change in any release.
"""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.app import App as App
    from mlwright.app import new as new
    from mlwright.app import open as open
    from mlwright.kernel.errors import MlwrightError as MlwrightError
    from mlwright.kernel.ids import Ref as Ref

__all__ = ["App", "MlwrightError", "Ref", "new", "open"]
__getattr__, __dir__ = front_door(
    __name__, **{"app": "App new open", "kernel.errors": "MlwrightError", "kernel.ids": "Ref"}
)
