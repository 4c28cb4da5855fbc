"""The parts of a prompt: how many tokens each takes over many questions, and what of it a provider may cache."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mlwright.models import Price
from mlwright.rag import Composed, Prompt, Rag, TemplateBlock, template_blocks, without_blocks

_SHORT = 48
_USUAL_MINIMUM = 1024
"""Tokens from which most providers cache the start of a prompt by themselves; no price table says it."""
_STAYS: Mapping[str, str] = {
    "shows": "it shows a variable",
    "abstains": "it says how to abstain",
    "cites": "it says how to cite",
    "decides": "it decides by a variable",
    "guards": "it guards against what documents order, which no set of questions measures",
}


@dataclass(frozen=True, slots=True)
class PromptPart:
    """A part of the prompt with its mean tokens over the questions, and their share of the whole. `cited` is the share
    of answers that cite a passage, None for what is none. `stays` says why it is not tried without, empty where it
    is."""

    kind: Literal["instruction", "passage", "question", "rest"]
    name: str
    tokens: float
    share: float
    cited: float | None = None
    stays: str = ""


@dataclass(frozen=True, slots=True)
class Caching:
    """How the prompt is ordered for a provider's cache: the tokens at its start that are the same for every question,
    whether the passages stand before the question, and prices in USD per million tokens, None where unknown."""

    static_tokens: int
    passages_first: bool
    input_price: float | None
    cached_price: float | None
    told: str


def parts_of(
    rag: Rag, prompts: Sequence[Composed], cited: Mapping[str, float], cite: str, *, writes: bool
) -> list[PromptPart]:
    """The parts of prompts that were composed by the pipeline's own template, in the order of the prompt. `cited` is by
    the number of the passage; a model that does not write reads no instructions. What a part takes is what the prompt
    is shorter without it."""
    prompt = Prompt(rag.prompt_text, name="the pipeline's own")
    total = sum(map(rag.tokens, (message.content for one in prompts for message in one.messages))) / len(prompts)
    parts = [
        PromptPart("instruction", named(block), _of_block(rag, prompt, block, cite), 0.0, None, _stays(block, writes))
        for block in template_blocks(rag.prompt_text)
        if block.why != "shows"
    ]
    for place in range(max(len(one.passages) for one in prompts)):
        taken = sum(_of_passage(rag, prompt, one, place, cite) for one in prompts) / len(prompts)
        share = cited.get(str(place + 1), 0.0)
        parts.append(PromptPart("passage", f"passage {place + 1}", taken, 0.0, share))
    questions = sum(rag.tokens(one.question) for one in prompts) / len(prompts)
    parts.append(PromptPart("question", "question", questions, 0.0))
    rest = total - sum(part.tokens for part in parts)
    parts.append(PromptPart("rest", "what stands between them", max(0.0, rest), 0.0))
    return [
        PromptPart(part.kind, part.name, part.tokens, part.tokens / total, part.cited, part.stays) for part in parts
    ]


def _stays(block: TemplateBlock, writes: bool) -> str:
    return _STAYS.get(block.why, "" if writes else "the model only quotes, and reads no instructions")


def named(block: TemplateBlock) -> str:
    """The first words of a block."""
    text = " ".join(block.text.lstrip("-*+ ").split())
    return f"“{text if len(text) <= _SHORT else text[: _SHORT - 1].rstrip() + '…'}”"


def caching_of(rag: Rag, prompts: Sequence[Composed], price: Price | None) -> Caching:
    """Compares the prompts of all questions from their start."""
    system, users = prompts[0].messages[0].content, [one.messages[-1].content for one in prompts]
    static = rag.tokens(system) + rag.tokens(_start(users) if len(users) > 1 else "")
    stable = [one.messages[-1].stable / max(1, len(one.messages[-1].content)) for one in prompts if one.passages]
    first = bool(stable) and sum(stable) / len(stable) > 0.5
    read, cached = (price.input, price.cached_input) if price else (None, None)
    return Caching(static, first, read, cached, _told(static, first, read, cached))


def _start(texts: Sequence[str]) -> str:
    """What all of them begin with."""
    low, high = min(texts), max(texts)  # in the order of texts, what lies between two begins as both do
    same = next((place for place, (one, other) in enumerate(zip(low, high, strict=False)) if one != other), len(low))
    return low[:same]


def _told(static: int, first: bool, read: float | None, cached: float | None) -> str:
    rate = "" if cached is None or read is None else f", at {cached:g} instead of {read:g} USD per million tokens"
    if not first:
        return (
            f"the question stands before the passages, so that nothing behind {static} tokens can come from a "
            "provider's cache: put what changes last"
        )
    if static >= _USUAL_MINIMUM:
        return f"the first {static} tokens are the same for every question, and a provider may cache them{rate}"
    return (
        f"the first {static} tokens are the same for every question, and most providers cache from {_USUAL_MINIMUM:,} "
        f"on: only the next question about the same passages is served from the cache{rate}"
    )


def _of_block(rag: Rag, prompt: Prompt, block: TemplateBlock, cite: str) -> float:
    def size(one: Prompt) -> int:
        return sum(rag.tokens(message.content) for message in one.messages("", (), cite=cite))

    shorter = Prompt(without_blocks(prompt.text, [block]), name="without a block")
    return float(max(0, size(prompt) - size(shorter)))


def _of_passage(rag: Rag, prompt: Prompt, one: Composed, place: int, cite: str) -> int:
    if place >= len(one.passages):
        return 0
    others = [passage for number, passage in enumerate(one.passages) if number != place]
    shorter = prompt.messages(one.question, others, cite=cite)
    return rag.tokens(one.messages[-1].content) - rag.tokens(shorter[-1].content)
