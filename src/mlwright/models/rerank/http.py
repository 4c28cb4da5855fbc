"""Any reranker behind `POST /rerank` in Cohere's form: Cohere, Jina, vLLM, LiteLLM and others."""

import math
from typing import TYPE_CHECKING, Any, Literal

import orjson
from pydantic import Field, SecretStr

from mlwright.kernel.ids import Ref
from mlwright.kernel.units import Count, Seconds
from mlwright.models.chat import ChatModel
from mlwright.models.prices import is_loopback, provider_of
from mlwright.models.rerank import Reranked, Reranker, RerankFacts, RerankPart, RerankRequest, logistic
from mlwright.models.usage import Usage

if TYPE_CHECKING:
    from mlwright.models.openai_api import Api

PATH = "rerank"


class Config(RerankPart):
    """A reranker behind `POST /rerank {model, query, documents, top_n}`, which answers
    `results: [{index, relevance_score}]`."""

    use: Literal["http"] = "http"
    model: str = Field(min_length=1)
    """The model, as the server calls it."""
    base_url: str = Field(default="https://api.cohere.com/v2", pattern=r"^https?://")
    """The server, up to what stands before `/rerank`; Cohere where absent."""
    api_key: SecretStr | None = None
    """Written `${COHERE_API_KEY}`, never as a literal. Servers on this machine usually want none."""
    timeout: Seconds = Field(default=10.0, gt=0)
    """For one request."""
    connect_timeout: Seconds = Field(default=5.0, gt=0)
    """For the connection."""
    scale: Literal["share", "raw"] = "share"
    """What the server's scores are: `share`, from 0 to 1, as those of Cohere, Jina, Voyage and vLLM; `raw`, any number,
    as llama.cpp and others give, which the logistic function brings between 0 and 1."""
    longest: Count = Field(default=8000, ge=100)
    """Characters of a passage that are sent."""
    price: float | None = Field(default=None, ge=0)
    """US dollars for a thousand searches. A server on this machine costs nothing; any other has no price until you say
    it."""

    def facts(self) -> RerankFacts:
        here = is_loopback(self.base_url)
        each = None if self.price is None else self.price / 1000
        return RerankFacts(
            model=self.model,
            provider=provider_of(self.base_url),
            embedded=False,
            leaves_machine=not here,
            calibrated=True,
            per_search=0.0 if here and each is None else each,
            seconds=(0.08, 0.2, 0.8),
        )

    def build(self, chat: ChatModel | None = None) -> Reranker:
        from mlwright.models.openai_api import Api  # loads aiohttp

        key = self.api_key.get_secret_value() if self.api_key else ""
        api = Api(self.base_url, key, connect=self.connect_timeout, protocol="Cohere's form of /rerank")
        ref = Ref("model", f"{provider_of(self.base_url)}/{self.model}")
        return Http(ref, api, self.model, raw=self.scale == "raw", timeout=self.timeout, longest=self.longest)


class Http:
    """A Reranker behind a server."""

    def __init__(self, ref: Ref, api: "Api", model: str, *, raw: bool, timeout: float, longest: int) -> None:
        self.ref = ref
        self._api, self._model, self._raw, self._timeout, self._longest = api, model, raw, timeout, longest

    async def rerank(self, request: RerankRequest) -> Reranked:
        """Raises TransientError and ProviderError; nothing is retried here."""
        if not request.texts:
            return Reranked(())
        documents = [text[: self._longest] if text.strip() else " " for text in request.texts]
        question = request.question[: self._longest]
        body = {"model": self._model, "query": question, "documents": documents, "top_n": len(documents)}
        timeout = self._timeout if request.timeout is None else min(request.timeout, self._timeout)
        async with self._api.post(PATH, body, timeout=timeout) as response:
            answer = await response.read()
        try:
            return _read(orjson.loads(answer), len(documents), raw=self._raw)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            why = f"{error} in" if isinstance(error, ValueError) else f"{type(error).__name__} in"
            raise self._api.broken(PATH, f"{why} {answer[:80]!r}") from error

    async def close(self) -> None:
        await self._api.close()


def _read(answer: Any, count: int, *, raw: bool) -> Reranked:
    """A passage that a server leaves out has 0. Raises ValueError and the like."""
    given: dict[int, float] = {}
    for result in answer["results"]:
        place, score = int(result["index"]), float(result["relevance_score"])
        if not 0 <= place < count or not math.isfinite(score):
            raise ValueError(f"result {result}")
        if not raw and not 0 <= score <= 1:
            raise ValueError(f"a score of {score:g} is not between 0 and 1, write scale: raw;")
        given[place] = logistic(score) if raw else score
    counted = answer.get("usage") or {}
    billed = (answer.get("meta") or {}).get("billed_units") or {}
    return Reranked(
        tuple(given.get(place, 0.0) for place in range(count)),
        Usage(int(counted.get("total_tokens") or counted.get("prompt_tokens") or 0)),
        float(billed.get("search_units") or 1.0),
    )
