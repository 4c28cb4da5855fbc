"""Who needs a key: everybody where the server can be reached from elsewhere, and where an endpoint asks for it."""

from starlette.requests import Request

from mlwright.faces.api.problems import HttpProblem
from mlwright.faces.api.security import CHALLENGE, is_loopback
from mlwright.kernel.errors import Refused
from mlwright.serving import ApiKey, EndpointSpec, Keys

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""What load balancers ask; says nothing of the system."""


def check_bind(host: str, keys: Keys) -> None:
    """Refuses to listen on an address that others can reach as long as there is no key. Raises Refused."""
    if not is_loopback(host) and not keys.any():
        raise Refused(
            f"{host} can be reached from other machines, and this workspace has no API key",
            hint="make one with `mlwright key NAME`, or bind 127.0.0.1",
        )


def missing_key() -> HttpProblem:
    hint = "send Authorization: Bearer mw_…; `mlwright key NAME` makes one"
    return HttpProblem(401, "no-key", "this needs a working API key", hint=hint, headers=CHALLENGE)


def caller(request: Request, endpoint: EndpointSpec | None) -> str:
    """Who asks, for the rate limit: the key or the address. Raises HttpProblem where the endpoint wants a key."""
    key: ApiKey | None = request.scope["state"]["key"]
    if key is not None:
        return f"key {key.id}"
    if endpoint is not None and endpoint.auth == "api_key":
        raise missing_key()
    return f"address {request.client.host if request.client else 'unknown'}"
