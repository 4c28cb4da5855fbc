"""The decision table: when something was asked for or measured, what a blueprint says about it, and why.

One row is one decision. Rows are asked from the top; a later one may change what an earlier one chose. Paths that a
system has not (as `rag.docs` where nothing is retrieved) are passed over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil

from mlwright.architect.power import requests_needed, smallest_drop
from mlwright.architect.starting.situation import PEAK, Situation
from mlwright.architect.starting.words import counted_words, listed, rate
from mlwright.blueprint import quoted
from mlwright.kernel.units import Bound, written_seconds

Patch = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Decision:
    """Contract: `when`, `patch` and `why` read the situation and decide nothing else; `needs` is the path that must be
    there for the row to count. `patch` maps paths to values as the file writes them."""

    name: str
    needs: str
    when: Callable[[Situation], bool]
    patch: Callable[[Situation], Patch]
    why: Callable[[Situation], str]


ANSWER = "serving.endpoints.answer"
SHORT, MANY_CHUNKS, BUSY = 240, 100_000, 10_000 / 86_400
USUAL_FILE = 64 * 10**6
"""Bytes that a source takes where nothing else is said."""
WIDEST_DROP = 0.1
"""A gate that only sees larger drops compares nothing that matters."""
FAILING = Bound(">", 0.1)
"""The error rate at which the templates roll a canary back."""
CHUNK = 200
"""Tokens of a chunk, where nothing else is chosen."""
EMBED_BYTES = 384 * 4
TESSERACT = {
    "ar": "ara", "bg": "bul", "ca": "cat", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa",
    "et": "est", "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin", "hr": "hrv", "hu": "hun", "id": "ind", "it": "ita",
    "ja": "jpn", "ko": "kor", "lt": "lit", "lv": "lav", "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron",
    "ru": "rus", "sk": "slk", "sl": "slv", "sr": "srp", "sv": "swe", "th": "tha", "tr": "tur", "uk": "ukr",
    "vi": "vie", "zh": "chi_sim",
}  # fmt: skip


def _always(_: Situation) -> bool:
    return True


def _fields(it: Situation) -> dict[str, str]:
    """Metadata that a caller may filter by, with the reasons."""
    fields = {}
    if len(it.languages) > 1:
        fields["lang"] = f"documents are in {listed(it.languages)}: a caller may ask for one language alone"
    if it.profile.folders > 1:
        fields["folder"] = f"documents lie in {it.profile.folders:,} folders: a caller may ask one alone"
    return fields


def _requests(it: Situation) -> Patch:
    return {f"{ANSWER}.traffic.requests": rate(it.requests) if it.requests else "1k/day"}


def _why_requests(it: Situation) -> str:
    if it.asked.requests is not None:
        return "asked for"
    guess = "a quarter of the busiest minute" if it.requests else "a guess"
    return f"not said, so {guess}; `plan --calibrate` writes what came"


def _peak(it: Situation) -> Patch:
    return {f"{ANSWER}.traffic.peak": f"{it.peak or PEAK:.3g}x"}


def _scanned_in(it: Situation) -> str:
    return "+".join(TESSERACT[one] for one in it.languages if one in TESSERACT)


def _gate(it: Situation) -> Patch:
    found = it.cases
    assert found is not None
    require = {"citation_accuracy": '">= 0.7"'}
    if found.relevant:
        require = {"recall@5": '">= 0.7"', **require}
    if found.unanswerable:
        require = {**require, "abstention_recall": '">= 0.5"'}
    synthetic = {"evals.gates.quality.allow_synthetic": "true"} if found.synthetic else {}
    return {
        "evals.sets.golden.path": quoted(found.path),
        "evals.sets.golden.min_cases": str(found.examples),
        "evals.gates.quality.set": "golden",
        **{f"evals.gates.quality.require.{metric}": bound for metric, bound in require.items()},
        **synthetic,
        f"{ANSWER}.rollout.gate": "quality",
    }


def _drop(it: Situation) -> float:
    """Rounded up, so that the set really shows it."""
    return ceil(smallest_drop(it.cases.examples) * 100) / 100 if it.cases else 1.0


def _first_step(it: Situation) -> float:
    """Requests a day of one in a hundred."""
    return (it.requests or 0.0) * 864


def _why_gate(it: Situation) -> str:
    found = it.cases
    assert found is not None
    told = (
        f"{found.path} holds {found.examples} questions: a new version has to pass them before it answers more people"
    )
    made = f"; {found.synthetic} of them were made by a program, so have people write some" if found.synthetic else ""
    return f"{told}{made}. The bounds are a start: raise them to what the first run measures"


DECISIONS: tuple[Decision, ...] = (
    Decision(
        "budget", "system", lambda it: it.asked.budget is not None,
        lambda it: {"system.budget": f"{it.asked.budget:.12g} USD/month"},
        lambda it: "asked for; `check` finds a plan that is above it",
    ),
    Decision(
        "code", "rag.docs", lambda it: it.profile.code_share > 0.5,
        lambda it: {"rag.docs.chunk.by": "code"},
        lambda it: f"{it.profile.code_share:.0%} of the files are code: they are cut at definitions",
    ),
    Decision(
        "short documents", "rag.docs",
        lambda it: it.profile.lengths is not None and it.profile.lengths.p95_tokens <= SHORT,
        lambda it: {"rag.docs.retrieve.keep": "8"},
        lambda it: f"95 of 100 documents have at most {it.profile.lengths.p95_tokens if it.profile.lengths else 0}"
        " tokens (estimated), so most are one short passage, and 8 of them fit",
    ),
    Decision(
        "languages of scans", "rag.docs", lambda it: bool(it.foreign and it.profile.pdf and _scanned_in(it)),
        lambda it: {"rag.docs.parse.languages": _scanned_in(it)},
        lambda it: f"documents are in {listed(it.languages)}; tesseract reads pages that are pictures in these"
        f" ({it.profile.scanned} of {it.profile.read} files that were looked at have some)",
    ),
    Decision(
        "fields", "rag.docs", lambda it: bool(_fields(it)),
        lambda it: {"rag.docs.index.metadata": f"[{', '.join(_fields(it))}]"},
        lambda it: "; ".join(_fields(it).values()),
    ),
    Decision(
        "large files", "rag.docs", lambda it: it.profile.largest > USUAL_FILE,
        lambda it: {
            "data.sources.docs.max_size": f"{-(-it.profile.largest // 10**6)} MB",
            "rag.docs.parse.size": f"{min(-(-it.profile.largest // 10**6), 1073)} MB",
        },
        lambda it: f"the largest file has {it.profile.largest / 1e6:,.0f} MB; without it, files above"
        f" {USUAL_FILE / 1e6:.0f} MB go to the quarantine",
    ),
    Decision(
        "slow files", "rag.docs", lambda it: bool(it.profile.unreadable.get("timeout")),
        lambda it: {"rag.docs.parse.timeout": "300s"},
        lambda it: f"{it.profile.unreadable['timeout']} of {it.profile.read} files that were looked at take more than a"
        " minute to read",
    ),
    Decision(
        "many chunks", "rag.docs", lambda it: it.profile.tokens > MANY_CHUNKS * CHUNK,
        lambda it: {"rag.docs.index.quantize": "i8"},
        lambda it: f"about {it.profile.tokens // CHUNK:,} chunks (estimated): their vectors take"
        f" {it.profile.tokens // CHUNK * EMBED_BYTES / 1e6:,.0f} MB of memory as they are, and a quarter of it so",
    ),
    Decision(
        "gate", "rag.docs", lambda it: it.cases is not None, _gate, _why_gate,
    ),
    Decision(
        "regression", "rag.docs", lambda it: it.cases is not None and _drop(it) <= WIDEST_DROP,
        lambda it: {"evals.gates.quality.max_regression": f"{_drop(it):g}"},
        lambda it: f"the smallest drop that {it.cases.examples if it.cases else 0} questions show (paired, 80 % power)",
    ),
    Decision(
        "traffic", "serving", _always, _requests,
        _why_requests,
    ),
    Decision(
        "busiest minute", "serving", _always, _peak,
        lambda it: f"the busiest minute was said to be {it.asked.busiest}" if it.peak
        else "the busiest minute over the mean: not said, so a guess; `plan --calibrate` writes what came",
    ),
    Decision(
        "first step", "serving", lambda it: _first_step(it) >= requests_needed(FAILING),
        lambda it: {f"{ANSWER}.rollout.steps": "[1%, 10%, 100%]"},
        lambda it: f"one of a hundred requests is {_first_step(it):,.0f} a day, and a version that fails three times as"
        f" often as it may is rolled back after {requests_needed(FAILING)}",
    ),
    Decision(
        "latency", "serving", lambda it: it.asked.latency is not None,
        lambda it: {f"{ANSWER}.slo.p95": written_seconds(it.asked.latency or 0.0)},
        lambda it: "asked for: 95 of 100 answers within it",
    ),
    Decision(
        "time limit", "serving", lambda it: it.asked.latency is not None,
        lambda it: {
            f"{ANSWER}.limits.timeout": written_seconds(max(0.001, round((it.asked.latency or 0.0) * 0.75, 3))),
            f"{ANSWER}.limits.retries": "0",
        },
        lambda it: "three quarters of what was promised, so that a slow model is replaced in time",
    ),
    Decision(
        "cache", "serving", lambda it: (it.requests or 0.0) >= BUSY and not it.personal,
        lambda it: {f"{ANSWER}.cache.exact": "1h"},
        lambda it: f"{rate(it.requests or 0.0)} repeat some questions: an equal one is answered again for"
        " an hour, as long as no document changed",
    ),
    Decision(
        "keys", "serving", lambda it: it.personal,
        lambda it: {f"{ANSWER}.auth": "api_key"},
        lambda it: f"there are personal data ({_personal(it)}): nobody asks without a key",
    ),
    Decision(
        "old versions", "rag.docs", lambda it: it.personal,
        lambda it: {"rag.docs.index.keep": "1"},
        lambda it: f"there are personal data ({_personal(it)}): older versions of the index keep what was deleted",
    ),
    Decision(
        "conversations", "rag.docs", lambda it: it.personal,
        lambda it: {"rag.docs.generate.history.keep": "7d"},
        lambda it: f"there are personal data ({_personal(it)}): conversations are kept a week, not a month",
    ),
)  # fmt: skip


def _personal(it: Situation) -> str:
    said = f"{listed(it.asked.personal_data)} as was said" if it.asked.personal_data else ""
    found = f"found {counted_words(it.profile.personal)}" if it.profile.personal else ""
    return "; ".join(filter(None, (said, found)))


@dataclass(frozen=True, slots=True)
class Option:
    """A model that may answer. Options are tried from the top; the first whose plan keeps budget and latency stands."""

    name: str
    when: Callable[[Situation], bool]
    patch: Callable[[Situation], Patch]
    why: Callable[[Situation], str]


def _here(it: Situation) -> Patch:
    assert it.local is not None
    return {
        "models.chat.writer.use": "openai",
        "models.chat.writer.model": quoted(it.local.model),
        "models.chat.writer.base_url": quoted(it.local.base_url),
        "models.chat.writer.max_tokens": "500",
    }


def _openai(model: str) -> Callable[[Situation], Patch]:
    return lambda it: {
        "models.chat.writer.use": "openai",
        "models.chat.writer.model": model,
        "models.chat.writer.api_key": '"${OPENAI_API_KEY}"',
        "models.chat.writer.max_tokens": "500",
        "models.chat.writer.temperature": "0",
    }


WRITERS: tuple[Option, ...] = (
    Option(
        "a model on this machine", lambda it: it.local is not None, _here,
        lambda it: "it runs on this machine, so nothing leaves it and there is no bill",
    ),
    Option(
        "gpt-4o-mini", lambda it: it.may_leave, _openai("gpt-4o-mini"),
        lambda it: "data may leave the machine; a cheap model first, and the evaluation says whether a dearer one is"
        " worth it",
    ),
    Option(
        "gpt-4.1-nano", lambda it: it.may_leave, _openai("gpt-4.1-nano"),
        lambda it: "data may leave the machine; cheaper than gpt-4o-mini",
    ),
    Option(
        "extractive", _always, lambda it: {"models.chat.writer": "extractive"},
        lambda it: "quotes the documents: no language model, and no bill for one",
    ),
)  # fmt: skip

EMBEDDERS: tuple[Option, ...] = (
    Option(
        "text-embedding-3-small", lambda it: bool(it.foreign) and it.may_leave,
        lambda it: {
            "models.embed.embedder.use": "openai",
            "models.embed.embedder.model": "text-embedding-3-small",
            "models.embed.embedder.api_key": '"${OPENAI_API_KEY}"',
        },
        lambda it: f"documents are in {listed(it.languages)}, and the embedder that comes with mlwright knows English;"
        " data may leave the machine",
    ),
    Option(
        "local/minilm", lambda it: bool(it.foreign),
        lambda it: {"models.embed.embedder": "local/minilm", "rag.docs.retrieve.dense_weight": "0.3"},
        lambda it: f"documents are in {listed(it.languages)}, and the embedder that comes with mlwright knows English:"
        " words count more. On 1,190 German questions (XQuAD) nDCG@10 was 0.935 so, and 0.919 with both alike",
    ),
    Option(
        "local/minilm", _always, lambda it: {"models.embed.embedder": "local/minilm"},
        lambda it: "runs in this process and knows English; its weights (84 MB) are fetched once",
    ),
)  # fmt: skip
"""In both lists the last one always stands."""
