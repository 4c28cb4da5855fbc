"""The key of the exact cache covers question, filter, model, prompt and index. Chance is none of them: where the model
samples, the cache serves one throw of the dice to everybody for as long as it is kept."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.kernel.units import written_seconds

_MISSING = object()


def _check(context: Context) -> Iterator[Found]:
    for served in context.served():
        kept = served.endpoint.cache.exact
        model = served.spec.generate.model
        temperature = getattr(context.blueprint.models.chat[model], "temperature", _MISSING)
        if not kept or temperature is _MISSING or temperature == 0:
            continue
        says = "the provider's default" if temperature is None else f"{temperature:g}"
        path = f"models.chat.{model}"
        yield Found(
            f"{path}.temperature" if temperature is not None else path,
            f"{served.path}.cache keeps an answer for {written_seconds(kept)}, and the temperature of {model} is"
            f" {says}: a bad sample is repeated to everybody",
            (context.set_key(path, "temperature", "0"),),
        )


RULE = Rule("SRV006", "warning", "the cache key misses what changes the answer", "cache key against inputs", _check)
