"""What RAG will cost and keep: lines for a plan, from the section, the facts of its models and the expected load.

Tokens of a prompt are at most the budget `generate.context`; likely, they are the passages that are kept, the question
and the template. A token of English text is taken as four characters.
"""

from dataclasses import dataclass, replace

from mlwright.kernel.plan import CostLine, Per, Range, StorageLine
from mlwright.models import EmbedFacts, Price, RerankFacts
from mlwright.rag.spec import PipelineSpec

_TEMPLATE_TOKENS = 220
_SITUATE_TOKENS = 170
"""What a model reads to situate a chunk, beside document and chunk."""
_CHARACTERS_A_TOKEN = 4
_VECTOR_BYTES = 4
_REWRITE_TOKENS = Range(200.0, 300.0, 2000.0)
"""What a model reads to rewrite a question: instructions, the question, and the talk before it."""
_REWRITTEN_TOKENS = Range(20.0, 80.0, 400.0)
_GRADE_TOKENS = 15
"""What a model writes for each passage that it grades."""
_CACHED_VECTOR_BYTES = 2
_HELD_BYTES = {"none": 4.0, "f16": 2.0, "i8": 1.0, "binary": 0.125}
"""Bytes of a number of a vector while searching."""
_WORDS_SHARE = 0.35
"""What the keyword index takes beside the text: measured 0.25 to 0.45 on documentation."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is expected of a pipeline: tokens of a question, tokens of an answer, characters of all documents, and the
    tokens of a prompt where they were measured."""

    question: int
    answer: Range
    characters: int
    prompt: Range | None = None


def cost_lines(name: str, spec: PipelineSpec, load: Load, *, chat: Price | None, embed: Price | None) -> list[CostLine]:
    """Prompt and answer per request, the question's vector per request, and the vectors of all documents once."""
    at = f"rag.{name}"
    prompt = prompt_tokens(spec, load)
    chunks = chunk_count(spec, load)
    vectors, question = chunks * spec.chunk.tokens, Range.exactly(load.question)
    read = embed.input if embed else None
    return [
        _priced(f"{at}.generate.model", "prompt tokens", "request", prompt, chat.input if chat else None, chat),
        _priced(f"{at}.generate.model", "answer tokens", "request", load.answer, chat.output if chat else None, chat),
        _priced(f"{at}.index.embed", "vector of the question", "request", question, read, embed),
        _priced(f"{at}.index.embed", "vectors of all documents", "once", vectors, read, embed),
        *(
            [_priced(f"{at}.chunk", "vectors of sentences, to cut at", "once", vectors, read, embed)]
            if spec.chunk.facts().vectors_of_sentences
            else []
        ),
    ]


def situate_lines(name: str, spec: PipelineSpec, load: Load, *, writer: Price | None) -> list[CostLine]:
    """What the contexts of all chunks cost, once: nothing where nobody writes them. At best documents are short and a
    provider reads them from its cache; at worst each chunk is shown a whole window at the full price."""
    if spec.situate is None:
        return []
    chunks, own = chunk_count(spec, load), float(_SITUATE_TOKENS + spec.chunk.tokens)
    shown = Range(own + spec.chunk.tokens, own + spec.situate.window / 2, own + spec.situate.window)
    read = Range(chunks.low * shown.low, chunks.likely * shown.likely, chunks.high * shown.high)
    said = chunks * spec.situate.tokens
    rates = (writer.input, writer.output) if writer else (None, None)
    lines = [
        _priced(f"rag.{name}.situate", "contexts of all chunks: prompt tokens", "once", read, rates[0], writer),
        _priced(f"rag.{name}.situate", "contexts of all chunks: written tokens", "once", said, rates[1], writer),
    ]
    return [_cached(lines[0], chunks.low * own, writer), lines[1]]


def _cached(line: CostLine, fresh: float, price: Price | None) -> CostLine:
    """The line with the low end that a provider's cache makes of it: `fresh` tokens at full price, the rest cached."""
    if price is None or price.cached_input is None or line.usd is None or not price.input:
        return line
    cached = (line.usd.low - fresh * price.input / 1e6) * price.cached_input / price.input
    low = fresh * price.input / 1e6 + max(0.0, cached)
    formula = f"{line.formula}; {price.cached_input:g} USD where cached"
    return replace(line, usd=replace(line.usd, low=low), formula=formula)


def search_lines(
    name: str,
    spec: PipelineSpec,
    load: Load,
    *,
    rewriter: Price | None,
    rerank: RerankFacts | None,
    grader: Price | None,
) -> list[CostLine]:
    """What a request costs before the answer: a model that rewrites the question, a reranker. `rewriter` and `grader`
    are the prices of the chat models that these ask; nothing where neither asks anybody."""
    lines = []
    if spec.retrieve.rewrite.facts().chat:
        at = f"rag.{name}.retrieve.rewrite"
        read, said = _REWRITE_TOKENS + Range.exactly(load.question), _REWRITTEN_TOKENS
        lines += _asked(at, "rewrite", read, said, rewriter)
    if spec.rerank is None or rerank is None:
        return lines
    at, count = f"rag.{name}.rerank", spec.rerank.candidates
    if rerank.chat:
        tokens = float(_TEMPLATE_TOKENS + load.question + count * spec.chunk.tokens)
        lines += _asked(
            at, "rerank", Range(tokens / 2, tokens, tokens), Range.exactly(float(_GRADE_TOKENS * count)), grader
        )
    elif rerank.per_search is None:
        lines.append(CostLine(at, f"{rerank.model}: search", "request", None, "1 search x no price", "no price known"))
    elif rerank.per_search:
        formula = f"1 search x {rerank.per_search:g} USD"
        usd = Range.exactly(rerank.per_search)
        lines.append(CostLine(at, f"{rerank.model}: search", "request", usd, formula, "the blueprint"))
    return lines


def _asked(path: str, what: str, read: Range, said: Range, price: Price | None) -> list[CostLine]:
    rates = (price.input, price.output) if price else (None, None)
    return [
        _priced(path, f"{what}: prompt tokens", "request", read, rates[0], price),
        _priced(path, f"{what}: answer tokens", "request", said, rates[1], price),
    ]


def search_seconds(spec: PipelineSpec, rerank: RerankFacts | None) -> Range:
    """What rewriting and reranking add to a request: quick, likely, slow."""
    total = Range(*spec.retrieve.rewrite.facts().seconds)
    if spec.rerank is None or rerank is None:
        return total
    slow = min(rerank.seconds[2] * spec.rerank.candidates / 30, spec.rerank.timeout)
    return total + Range(rerank.seconds[0], min(rerank.seconds[1] * spec.rerank.candidates / 30, slow), slow)


def storage_lines(name: str, spec: PipelineSpec, load: Load, *, embed: EmbedFacts) -> list[StorageLine]:
    """Chunks, vectors (in the index, and once more at half precision so that nothing is embedded twice), and words."""
    at = f"rag.{name}.index"
    chunks = chunk_count(spec, load)
    text = chunks * float(spec.chunk.tokens * _CHARACTERS_A_TOKEN)
    likely = f"{chunks.likely:,.0f} chunks"
    lines = [
        StorageLine(at, "vectors in the index", chunks * (embed.dims * _VECTOR_BYTES),
                    f"{likely} x {embed.dims} x {_VECTOR_BYTES} bytes"),
        StorageLine(at, "vectors kept for the next build", chunks * (embed.dims * _CACHED_VECTOR_BYTES),
                    f"{likely} x {embed.dims} x {_CACHED_VECTOR_BYTES} bytes"),
        StorageLine(at, "chunks, in the store and in the index", text * 2,
                    f"{likely} x {spec.chunk.tokens} tokens x {_CHARACTERS_A_TOKEN} characters x 2"),
    ]  # fmt: skip
    held = _HELD_BYTES[spec.index.quantize]
    formula = f"{likely} x {embed.dims} x {held:g} bytes ({spec.index.quantize})"
    lines.append(StorageLine(at, "vectors held while searching", chunks * (embed.dims * held), formula, "memory"))
    if spec.index.keyword != "none":
        formula = f"{_WORDS_SHARE:.0%} of {text.likely:,.0f} characters of chunks"
        lines.append(StorageLine(at, "keyword index", text * _WORDS_SHARE, formula))
    return lines


def prompt_tokens(spec: PipelineSpec, load: Load) -> Range:
    """Tokens of the prompt of one request: as measured, else from an empty one to the whole budget."""
    if load.prompt is not None:
        return load.prompt
    fixed = _TEMPLATE_TOKENS + load.question
    likely = min(spec.generate.context, fixed + spec.kept * spec.chunk.facts().shown)
    return Range(fixed, likely, max(likely, spec.generate.context))


def chunk_count(spec: PipelineSpec, load: Load) -> Range:
    """Chunks of all documents. Structure leaves chunks shorter than asked for: likely two thirds full."""
    overlap = float(getattr(spec.chunk, "overlap", 0.0))
    full = load.characters / (_CHARACTERS_A_TOKEN * spec.chunk.tokens * (1 - overlap))
    return Range(full, full * 1.5, full * 3)


def _priced(path: str, what: str, per: Per, tokens: Range, rate: float | None, price: Price | None) -> CostLine:
    """`rate` is in USD per million tokens; None is told as None, never as 0."""
    source = f"{price.source}, {price.as_of}".strip(", ") if price else "no price known"
    count = f"{tokens.likely:,.0f} tokens ({tokens.low:,.0f} to {tokens.high:,.0f})"
    if rate is None:
        return CostLine(path, what, per, None, f"{count} x no price", source)
    return CostLine(path, what, per, tokens * (rate / 1e6), f"{count} x {rate:g} USD per million", source)
