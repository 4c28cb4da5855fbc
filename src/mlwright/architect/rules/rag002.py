"""An embedder reads a limited number of tokens. What stands behind the limit is cut off, so it can never be found."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit
from mlwright.models import EmbedFacts


def _check(context: Context) -> Iterator[Found]:
    for path, _, spec in context.pipelines():
        facts, room = context.embedder(spec), spec.situate.tokens if spec.situate else 0
        tokens = spec.chunk.tokens
        if tokens + room > facts.max_tokens >= tokens:
            yield _too_long_with_context(path, tokens, room, facts)
        if tokens <= facts.max_tokens:
            continue
        fits = _fits(facts, room)
        yield Found(
            f"{path}.chunk.tokens",
            f"chunks of {tokens} tokens, but {facts.model} reads {facts.max_tokens}:"
            f" {1 - facts.max_tokens / tokens:.0%} of a chunk would not be embedded",
            (Edit(f"{path}.chunk.tokens", str(fits)),),
        )


def _too_long_with_context(path: str, tokens: int, room: int, facts: EmbedFacts) -> Found:
    return Found(
        f"{path}.chunk.tokens",
        f"chunks of {tokens} tokens and a context of {room}, but {facts.model} reads {facts.max_tokens}: chunks are cut"
        f" to {facts.max_tokens - room} tokens",
        (Edit(f"{path}.chunk.tokens", str(_fits(facts, room))),),
    )


def _fits(facts: EmbedFacts, room: int) -> int:
    """Leaves room for the headings that are embedded with each chunk."""
    return max(1, facts.max_tokens * 15 // 16 - room)


RULE = Rule(
    "RAG002", "error", "chunks are longer than the embedder reads", "the embedder's input limit (facts)", _check
)
