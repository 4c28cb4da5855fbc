"""A model of a folder: a relative path starts at the blueprint's folder, wherever the program was started."""

from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr

from mlwright.kernel.parts import Part


class Located(Part):
    """`base` of the validation's context is where the path starts; without one, at the working directory."""

    model: str = Field(min_length=1)

    _base: Path = PrivateAttr(default_factory=Path)

    def model_post_init(self, context: Any, /) -> None:
        if context is not None:
            self._base = context["base"]

    @property
    def place(self) -> Path:
        """The folder that `model` names, if it names one."""
        return self._base / Path(self.model).expanduser()

    @property
    def whereabouts(self) -> dict[str, str]:
        """The path as it holds in a blueprint that lies elsewhere; nothing where `model` names no folder."""
        return {"model": str(self.place.resolve())} if self.place.is_dir() else {}
