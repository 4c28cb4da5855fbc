"""How routes read JSON and write it."""

from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Path
from pydantic import BaseModel, ConfigDict, StringConstraints
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypeAliasType

from mlwright.faces.plain import plain

NO_NUL = r"^[^\x00]*$"
Text = Annotated[str, StringConstraints(pattern=NO_NUL)]
"""Any text but NUL, which databases do not keep."""
FilterValue = TypeAliasType("FilterValue", "Text | int | float | bool | list[FilterValue] | dict[Text, FilterValue]")
"""What stands in the JSON form of a filter."""
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{0,100}$")]
"""The name of something in a blueprint; empty means the first one."""
RefPath = Annotated[str, Path(pattern=r"^[a-z]+:[^\x00]+$", description="A reference, as `answer:01jd…`")]
IdPath = Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{1,100}$", description="The part of a reference after the colon")]

M = TypeVar("M", bound=BaseModel)


class Body(BaseModel):
    """A request body; strict about unknown fields, so that a typo is an error and no silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


async def read(request: Request, model: type[M]) -> M:
    """The body as a model. Raises pydantic's ValidationError, also for broken JSON and bad UTF-8."""
    return model.model_validate_json(await request.body())


def rendered(value: Any, status: int = 200) -> Response:
    """Any value of the house as a JSON response."""
    return Response(orjson.dumps(plain(value)), status, media_type="application/json")


def ready_json(value: object) -> Response:
    """What is JSON already (dicts, lists, text, numbers) as a response."""
    return Response(orjson.dumps(value), media_type="application/json")
