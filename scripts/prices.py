"""Writes src/mlwright/models/prices.json from the installed `genai-prices` (MIT) and a few rows dated by hand.

    python scripts/prices.py

Run it at a release, read the diff, commit it. Only standard-tier token prices are taken: no batch, flex or priority
rates, no audio, image or search units. A model without a token price gets no row.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices.data import providers
from genai_prices.types import ClauseEquals, ClauseOr, ModelInfo, ModelPrice, Provider, StartDateConstraint

TABLE = Path(__file__).resolve().parent.parent / "src" / "mlwright" / "models" / "prices.json"
TODAY = datetime.now(UTC).date()

NOTICE = """Derived from genai-prices (https://github.com/pydantic/genai-prices), MIT License, \
Copyright (c) Pydantic Services Inc. 2025 to present. Permission is hereby granted, free of charge, to any person \
obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without \
restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, \
and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the \
following conditions: The above copyright notice and this permission notice shall be included in all copies or \
substantial portions of the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR \
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND \
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER \
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE \
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."""

BY_HAND = {  # embedding models that genai-prices does not list; a secondary source, so it is named in the row
    "cohere": {
        name: {
            "input": 0.1,
            "context": 512,
            "as_of": "2026-11-23",
            "source": "https://aitot.net/en/blog/embeddings-pricing-comparison-2026",
        }
        for name in ("embed-english-v3.0", "embed-multilingual-v3.0")
    }
}


def main() -> None:
    table = {
        "notice": NOTICE,
        "unit": "USD per million tokens, standard tier",
        "as_of": str(as_of()),
        "from": f"genai-prices {version('genai-prices')}",
        "providers": {provider.id: listed(provider) for provider in sorted(providers, key=lambda p: p.id)},
    }
    TABLE.write_text(one_line_a_model(table), encoding="utf-8")
    count = sum(len(provider["models"]) for provider in table["providers"].values())
    print(f"{TABLE.name}: {count} models of {len(table['providers'])} providers, {TABLE.stat().st_size / 1024:.0f} KiB")


def as_of() -> date:
    """The newest day on which a price of the data says it was verified or began."""
    days = [date.fromisoformat(day) for day in re.findall(r"erified on (20\d\d-\d\d-\d\d)", comments())]
    days += [start for _, model in every_model() for start in start_dates(model)]
    return max(day for day in days if day <= TODAY)


def comments() -> str:
    return "\n".join(model.price_comments or "" for _, model in every_model())


def every_model() -> Iterator[tuple[Provider, ModelInfo]]:
    for provider in providers:
        for model in provider.models:
            yield provider, model


def listed(provider: Provider) -> dict[str, Any]:
    models = {model.id: row for model in provider.models if (row := row_of(model))}
    aliases = {
        alias: model.id
        for model in provider.models
        if model.id in models
        for alias in (*equal_names(model), model.id.removesuffix("-latest"))
        if alias not in models
    }
    return {
        "url": provider.api_pattern or "",
        "source": (provider.pricing_urls or ["genai-prices"])[0],
        "aliases": dict(sorted(aliases.items())),
        "models": dict(sorted({**models, **BY_HAND.get(provider.id, {})}.items())),
    }


def equal_names(model: ModelInfo) -> list[str]:
    clauses = model.match.or_ if isinstance(model.match, ClauseOr) else [model.match]
    return [clause.equals for clause in clauses if isinstance(clause, ClauseEquals)]


def start_dates(model: ModelInfo) -> list[date]:
    """The days on which a price of the model began."""
    choices = model.prices if isinstance(model.prices, list) else []
    return [choice.constraint.start_date for choice in choices if isinstance(choice.constraint, StartDateConstraint)]


def dearest_today(model: ModelInfo) -> ModelPrice:
    """Today's price at the dearest quarter of an hour: a plan should not count on the night."""
    midnight = datetime.combine(TODAY, time(), UTC)
    quarters = [midnight + timedelta(minutes=15 * quarter) for quarter in range(96)]
    return max((model.get_prices(at) for at in quarters), key=lambda price: base(price, "input_mtok") or 0.0)


def row_of(model: ModelInfo) -> dict[str, Any] | None:
    price = dearest_today(model)
    if getattr(price, "input_mtok", None) is None:
        return None
    if getattr(price, "requests_kcount", None) is not None:  # a fee a call on top: tokens alone would be too cheap
        return None
    row: dict[str, Any] = {"input": base(price, "input_mtok")}
    if getattr(price, "output_mtok", None) is not None:
        row["output"] = base(price, "output_mtok")
    if getattr(price, "cache_read_mtok", None) is not None:
        row["cached"] = base(price, "cache_read_mtok")
    if model.context_window:
        row["context"] = model.context_window
    if tiers := tiers_of(price, row):
        row["tiers"] = tiers
    return row


def base(price: ModelPrice, key: str) -> float:
    value = getattr(price, key, None)
    return float(value if isinstance(value, Decimal | int) else value.base) if value is not None else 0.0


def tiers_of(price: ModelPrice, row: dict[str, Any]) -> list[list[float | int | None]]:
    """[above, input, output, cached] for each threshold of any of the three."""
    keys = {"input": "input_mtok", "output": "output_mtok", "cached": "cache_read_mtok"}
    starts = {tier.start for key in keys.values() for tier in getattr(getattr(price, key, None), "tiers", ())}
    return [
        [start, *(rate_at(price, key, start, row.get(name)) for name, key in keys.items())] for start in sorted(starts)
    ]


def rate_at(price: ModelPrice, key: str, start: int, otherwise: float | None) -> float | None:
    tiers = [tier for tier in getattr(getattr(price, key, None), "tiers", ()) if tier.start <= start]
    return float(tiers[-1].price) if tiers else otherwise


def one_line_a_model(table: dict[str, Any]) -> str:
    """JSON with a line for each model, so that a release shows as a diff that a person can read."""
    text = json.dumps(table, indent=1, ensure_ascii=False)
    return re.sub(r'(": )(\{[^{}]*\})', lambda found: found[1] + joined(found[2]), text) + "\n"


def joined(text: str) -> str:
    return json.dumps(json.loads(text), ensure_ascii=False)


if __name__ == "__main__":
    main()
