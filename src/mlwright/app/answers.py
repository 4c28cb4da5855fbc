"""An answer as JSON: what the API returns, what streams end with, what the cache keeps."""

from mlwright.kernel.clock import stamp
from mlwright.rag import Answer, Citation


def answer_data(answer: Answer) -> dict[str, object]:
    """The answer with its citations, versions, usage, cost (USD or None) and seconds; references as `kind:id`."""
    return {
        "answer": str(answer.ref),
        "pipeline": answer.pipeline,
        "question": answer.question,
        "text": answer.text,
        "abstained": answer.abstained,
        "citations": [citation_data(citation) for citation in answer.citations],
        "index": str(answer.index),
        "prompt": str(answer.prompt),
        "model": str(answer.model),
        "release": str(answer.release) if answer.release else None,
        "conversation": str(answer.conversation) if answer.conversation else None,
        "asked": answer.asked or answer.question,
        "usage": {
            "input_tokens": answer.input_tokens,
            "output_tokens": answer.output_tokens,
            "cached_input_tokens": answer.cached_tokens,
        },
        "calls": [
            {
                "model": str(call.model),
                "input_tokens": call.input_tokens,
                "output_tokens": call.output_tokens,
                "cost": call.cost,
            }
            for call in answer.calls
        ],
        "cost": answer.cost,
        "seconds": dict(answer.seconds),
        "at": stamp(answer.at),
    }


def citation_data(citation: Citation) -> dict[str, object]:
    """One citation: `number` is that of its mark, `quote` stands at `characters` of the document `version`."""
    span = citation.span
    return {
        "number": citation.number,
        "key": citation.key,
        "title": citation.title,
        "quote": citation.quote,
        "page": span.page,
        "lines": [span.line_start, span.line_end],
        "characters": [span.start, span.end],
        "chunk": str(citation.chunk),
        "version": str(citation.version),
        "document": str(citation.document),
    }
