"""Answers from documents: a source, a pipeline, an endpoint."""

from collections.abc import Iterator

from mlwright.architect.starting.choices import Choice
from mlwright.architect.starting.situation import Situation
from mlwright.architect.starting.words import counted_words, listed
from mlwright.architect.templates import Template
from mlwright.architect.templates._served import endpoint, system
from mlwright.blueprint import as_pattern, every, quoted


def _lacks(it: Situation) -> str:
    if it.profile.documents:
        return ""
    return f"documents: {it.profile.path} holds none that can be read" if it.profile.path else "documents"


def _choices(it: Situation) -> Iterator[Choice]:
    profile = it.profile
    yield from system(it, f"Answers questions from the documents in {profile.title}, with citations")
    yield Choice("data.sources.docs.use", "files", _why_files(it))
    suffixes = [suffix.removeprefix(".") for suffix in profile.documents]
    place = as_pattern(profile.path)
    yield Choice("data.sources.docs.path", quoted(every(place, suffixes) if profile.folder else place), _why_files(it))
    if inside := [one.path.removeprefix(f"{profile.path}/") for one in profile.sets if profile.holds(one.path)]:
        exclude = f"[{', '.join(quoted(as_pattern(one)) for one in inside)}]"
        yield Choice("data.sources.docs.exclude", exclude, "questions with answers are no documents")
    yield Choice("rag.docs.documents", "docs")
    yield Choice(
        "rag.docs.chunk.by", "structure", "along headings and paragraphs, never longer than the embedder reads"
    )
    why = "found by words and vectors together; so many of the best passages are shown or quoted"
    yield Choice("rag.docs.retrieve.keep", "6", why)
    yield from endpoint("rag.docs", "[rule.top_passages]")


def _why_files(it: Situation) -> str:
    profile = it.profile
    told = f"{counted_words(profile.documents)} files were found"
    if profile.languages:
        told += f", in {listed(profile.languages)}"
    if profile.copies:
        told += f"; {profile.copies} are copies of another"
    if profile.unreadable:
        told += f"; of {profile.read} that were looked at, some cannot be read ({counted_words(profile.unreadable)})"
    return told


TEMPLATE = Template(20, "rag", "answers from documents, with citations", _lacks, _choices)
