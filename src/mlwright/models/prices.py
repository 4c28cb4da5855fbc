"""What models cost: our own dated price table, and the arithmetic from tokens to US dollars.

The table is `prices.json`, written at release by `scripts/prices.py`; nothing is fetched at run time. A model that is
not in it has no price (None), which is never taken for 0.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from mlwright.kernel.parts import Facts
from mlwright.models.usage import Usage

_TABLE = Path(__file__).with_name("prices.json")
_DATED = re.compile(r"[-@](20\d{2}-?[01]\d-?[0-3]\d|latest)$")


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of the whole request once its input is longer than `above` tokens."""

    above: int
    input: float
    output: float | None = None
    cached_input: float | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens at the standard tier, with the day and the place it was read.

    `output` is None for models that only read (embeddings); `cached_input` None where the cache has no price of its own
    and counts as input. `context` is the window in tokens where the table knows it."""

    input: float
    output: float | None = None
    cached_input: float | None = None
    tiers: tuple[Tier, ...] = ()
    context: int | None = None
    as_of: str = ""
    source: str = ""


FREE = Price(input=0.0, output=0.0, source="runs on this machine")
"""No bill for tokens. The machine itself is priced elsewhere in a plan."""


class PricedFacts(Facts):
    """Facts of a part that calls a model. `price` is set where the part knows better than the price table."""

    model: str
    price: Price | None = None
    unpinned: str = ""
    """Weights that it fetches by a name alone, which may come to mean others; empty where there are none."""


class Priced(Protocol):
    def facts(self) -> PricedFacts: ...


def price_of(part: Priced) -> Price | None:
    """The price of a model as configured: its own, else free where it runs on this machine, else the table's.
    None where nobody knows it."""
    facts = part.facts()
    if facts.price is not None:
        return facts.price
    return FREE if facts.embedded else lookup(facts.provider, facts.model)


def lookup(provider: str, model: str) -> Price | None:
    """The table's row for a model or one of its other names; a dated version (`…-2024-07-18`) without a row of its own
    has the price of its model."""
    known = _providers().get(provider)
    if known is None:
        return None
    models, aliases = known["models"], known["aliases"]
    for name in (model, _DATED.sub("", model)):
        row = models.get(aliases.get(name, name))
        if row is not None:
            return _price(row, known["source"])
    return None


def listed(provider: str) -> Mapping[str, Price]:
    """Every model of a provider with its price; nothing for a provider that the table does not know."""
    known = _providers().get(provider)
    if known is None:
        return {}
    return {name: _price(row, known["source"]) for name, row in known["models"].items()}


def cost_of(usage: Usage, price: Price | None) -> float | None:
    """US dollars of a call; None where the model, or a kind of token that it used, has no price."""
    if price is None:
        return None
    rate: Price | Tier = price
    for tier in price.tiers:
        if usage.input_tokens > tier.above:
            rate = tier
    if rate.output is None and usage.output_tokens:
        return None
    cached = min(usage.cached_input_tokens, usage.input_tokens)
    cached_rate = rate.input if rate.cached_input is None else rate.cached_input
    dollars = (usage.input_tokens - cached) * rate.input + cached * cached_rate
    return (dollars + usage.output_tokens * (rate.output or 0.0)) / 1e6


def provider_of(url: str) -> str:
    """Who stands behind a base URL: a provider of the price table, else the host (with its port, on this machine)."""
    for name, known in _providers().items():
        if known["url"] and re.match(known["url"], url):
            return name
    place = urlsplit(url)
    return place.netloc.rpartition("@")[2] if is_loopback(url) else (place.hostname or url)


def is_loopback(url: str) -> bool:
    """Does the URL name this machine? (`localhost` or a loopback address; nothing is resolved.)"""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def prices_as_of() -> str:
    """The day of the table, as 2026-10-14: plans say how old their prices are."""
    return str(_table()["as_of"])


def _price(row: Mapping[str, Any], source: str) -> Price:
    return Price(
        input=row["input"],
        output=row.get("output"),
        cached_input=row.get("cached"),
        tiers=tuple(Tier(*tier) for tier in row.get("tiers", ())),
        context=row.get("context"),
        as_of=row.get("as_of", prices_as_of()),
        source=row.get("source", source),
    )


def _providers() -> Mapping[str, Any]:
    providers: Mapping[str, Any] = _table()["providers"]
    return providers


@cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(_TABLE.read_text(encoding="utf-8"))
    return table
