"""Passages that do not fit into the prompt are dropped in silence, and a prompt over the model's window is refused."""

from collections.abc import Iterator

from mlwright.architect.context import Context, Served
from mlwright.architect.estimates import PER_PASSAGE
from mlwright.architect.rules import Found, Rule
from mlwright.blueprint import Edit


def _check(context: Context) -> Iterator[Found]:
    for served in context.served():
        yield from _budget(context, served)
        yield from _window(context, served)


def _budget(context: Context, served: Served) -> Iterator[Found]:
    spec = served.spec
    prompt, question = context.prompt_tokens(served.pipeline), served.endpoint.traffic.tokens.question
    chunk = spec.chunk.facts().shown + PER_PASSAGE
    needed, budget = prompt + question + spec.kept * chunk, spec.generate.context
    if needed <= budget:
        return
    fits = (budget - prompt - question) // chunk
    path, keep = f"rag.{served.pipeline}", "retrieve.keep" if spec.rerank is None else "rerank.keep"
    patch = Edit(f"{path}.{keep}", str(fits)) if fits >= 1 else Edit(f"{path}.generate.context", _rounded(needed))
    yield Found(
        f"{path}.generate.context",
        f"{spec.kept} passages x {chunk} + prompt {prompt} + question {question} = {needed} tokens, and the"
        f" budget is {budget}: {max(0, fits)} of {spec.kept} passages fit",
        (patch,),
    )


def _window(context: Context, served: Served) -> Iterator[Found]:
    generate = served.spec.generate
    facts = context.chat(generate.model)
    if facts.context is None:
        return
    answer = facts.max_tokens or served.endpoint.traffic.tokens.answer.p95
    needed = generate.context + answer
    if needed > facts.context:
        yield Found(
            f"rag.{served.pipeline}.generate.context",
            f"a prompt of {generate.context} and an answer of {answer} tokens make {needed}, and {facts.model} has a"
            f" window of {facts.context}",
            (Edit(f"rag.{served.pipeline}.generate.context", str(max(1, facts.context - answer))),),
        )


def _rounded(tokens: int) -> str:
    return str(-(-tokens // 100) * 100)


RULE = Rule("RAG005", "error", "the prompt does not fit", "arithmetic on the budget and the model's window", _check)
