"""The HTTP API: one file per system, each route parses, calls one verb and renders."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.faces.api.keys import check_bind as check_bind
    from mlwright.faces.api.making import make_api as make_api
    from mlwright.faces.api.problems import HttpProblem as HttpProblem
    from mlwright.faces.api.security import CSP as CSP
    from mlwright.faces.api.security import HEADERS as HEADERS
    from mlwright.faces.api.server import serve as serve

__all__ = ["CSP", "HEADERS", "HttpProblem", "check_bind", "make_api", "serve"]

__getattr__, __dir__ = front_door(
    __name__,
    keys="check_bind",
    making="make_api",
    problems="HttpProblem",
    security="CSP HEADERS",
    server="serve",
)
