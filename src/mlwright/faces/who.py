"""Who sends a request, for the API and the pages alike."""

from starlette.requests import Request

from mlwright.kernel.errors import Refused
from mlwright.serving import ApiKey, EndpointSpec


def key_id(request: Request) -> str:
    """The id of the API key that a request carries; empty where it carries none."""
    key: ApiKey | None = request.scope.get("state", {}).get("key")
    return key.id if key else ""


def check_key(request: Request, name: str, endpoint: EndpointSpec | None) -> None:
    """For pages without JavaScript, which ask for a person. Raises Refused where the endpoint wants a key and none
    came with the request."""
    if endpoint is not None and endpoint.auth == "api_key" and not key_id(request):
        raise Refused(f"endpoint {name!r} wants an API key", hint="`mlwright key NAME` makes one; send it as password")
