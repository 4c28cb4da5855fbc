"""An embedder reads a limited number of tokens. What stands behind the limit is cut off, so it can never be found."""

from collections.abc import Iterator

from mlwright.architect.context import Context
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit


def _check(context: Context) -> Iterator[Found]:
    for path, _, spec in context.pipelines():
        facts, tokens = context.embedder(spec), spec.chunk.tokens
        if tokens <= facts.max_tokens:
            continue
        fits = max(1, facts.max_tokens * 15 // 16)  # leaves room for the headings that are embedded with each chunk
        yield Found(
            f"{path}.chunk.tokens",
            f"chunks of {tokens} tokens, but {facts.model} reads {facts.max_tokens}:"
            f" {1 - facts.max_tokens / tokens:.0%} of a chunk would not be embedded",
            (Edit(f"{path}.chunk.tokens", str(fits)),),
        )


RULE = Rule(
    "RAG002", "error", "chunks are longer than the embedder reads", "the embedder's input limit (facts)", _check
)
