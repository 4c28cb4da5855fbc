"""Understand: a description in prose becomes requirements, read by a language model of a server on this machine."""

from dataclasses import replace

from mlwright.app.servers import model_here
from mlwright.architect import Requirements, first_request, repairing, understood
from mlwright.kernel import aio
from mlwright.kernel.errors import ProviderError, TransientError
from mlwright.models import ChatModel, ChatRequest, ModelsSpec, whole_answer


def understand(prose: str, reader: str = "auto") -> Requirements:
    """What a description asks for. `reader` names the model, `auto` is the first that is found; it is asked at most
    twice. Nothing is sent to anywhere but this machine. Raises NotFound without that model, UserError for a description
    that is empty or too long, and ProviderError where the model does not fill the form."""
    server, name = model_here(reader)
    part = {"use": "openai", "model": name, "base_url": server.base_url, "temperature": 0.0}
    return aio.run(_asked(ModelsSpec.model_validate({"chat": {"reader": part}}), prose))


async def _asked(models: ModelsSpec, prose: str) -> Requirements:
    model = models.chat["reader"].build()
    try:
        request = first_request(prose)
        said = await _said(model, request)
        try:
            return understood(said)
        except ValueError as problem:
            again = await _said(model, repairing(request, said, str(problem)))
        try:
            return understood(again)
        except ValueError as problem:
            raise ProviderError(
                f"{model.ref} did not fill the form in two tries: {problem}",
                hint="say it in a file (`mlwright new --from`), answer questions (`--ask`), or name a larger model",
            ) from problem
    finally:
        await model.close()


async def _said(model: ChatModel, request: ChatRequest) -> str:
    """With the form, which a server may not know: then in words alone."""
    try:
        return (await whole_answer(model, request)).text
    except TransientError:
        raise
    except ProviderError:
        return (await whole_answer(model, replace(request, form=None))).text
