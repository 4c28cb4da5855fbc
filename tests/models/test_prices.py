"""The price table, and money from tokens."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.models import FREE, Price, Usage, cost_of, lookup, prices, prices_as_of
from mlwright.models.prices import Tier, is_loopback, provider_of

TABLE = Path(prices.__file__).with_name("prices.json")


def test_a_row_says_when_and_where_it_was_read() -> None:
    price = lookup("openai", "gpt-4o-mini")
    assert price is not None
    assert (price.input, price.output, price.cached_input, price.context) == (0.15, 0.6, 0.075, 128_000)
    assert price.as_of == prices_as_of() >= "2026-10-14"
    assert price.source.startswith("https://")


def test_other_names_of_a_model() -> None:
    assert lookup("openai", "gpt-4o-mini-2024-07-18") == lookup("openai", "gpt-4o-mini")
    assert lookup("anthropic", "claude-haiku-4-5-20251001") == lookup("anthropic", "claude-haiku-4-5")
    dated = lookup("openai", "gpt-4o-2024-05-13")
    assert dated is not None and dated != lookup("openai", "gpt-4o"), "a dated version with its own row keeps it"


@pytest.mark.parametrize(("provider", "model"), [("openai", "gpt-99"), ("nobody", "gpt-4o-mini"), ("openai", "")])
def test_unknown_is_none_not_zero(provider: str, model: str) -> None:
    assert lookup(provider, model) is None
    assert cost_of(Usage(10, 10), lookup(provider, model)) is None


def test_money() -> None:
    price = Price(1.0, 10.0, 0.1)
    assert cost_of(Usage(1000, 100, cached_input_tokens=400), price) == pytest.approx((600 + 40 + 1000) / 1e6)
    assert cost_of(Usage(1000, 100, cached_input_tokens=400), Price(1.0, 10.0)) == pytest.approx(2000 / 1e6)
    assert cost_of(Usage(1000, 100), FREE) == 0.0
    assert cost_of(Usage(1000, 0), Price(0.02)) == pytest.approx(0.02 / 1000)
    assert cost_of(Usage(1000, 1), Price(0.02)) is None, "a kind of token without a price has no cost"


def test_a_long_input_pays_its_tier_for_everything() -> None:
    price = Price(1.0, 2.0, tiers=(Tier(200_000, 3.0, 4.0),))
    assert cost_of(Usage(200_000, 0), price) == pytest.approx(0.2)
    assert cost_of(Usage(200_001, 1_000_000), price) == pytest.approx(0.600003 + 4.0)


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**6))
def test_a_cache_never_costs_more(read: int, cached: int, wrote: int) -> None:
    price = Price(1.0, 10.0, 0.1)
    plain, helped = cost_of(Usage(read, wrote), price), cost_of(Usage(read, wrote, cached), price)
    assert plain is not None and helped is not None
    assert 0 <= helped <= plain


def test_it_agrees_with_the_package_it_comes_from() -> None:
    """Every row, for a short and a long call, at the dearest of three hours: the table holds the dearest hour, and some providers are cheaper by night."""
    genai = pytest.importorskip("genai_prices")
    if json.loads(TABLE.read_text(encoding="utf-8"))["from"] != f"genai-prices {genai.__version__}":
        pytest.skip("another version of genai-prices is installed than the table was made from")
    day = datetime.fromisoformat(json.loads(TABLE.read_text(encoding="utf-8"))["as_of"] + "T00:45:00+00:00")
    hours = [day + timedelta(hours=hour) for hour in (0, 1, 6)]
    seen, differ = 0, set()
    for provider, listed in json.loads(TABLE.read_text(encoding="utf-8"))["providers"].items():
        for model, row in listed["models"].items():
            if "source" in row:
                continue
            for read, cached, wrote in ((1_000, 200, 300), (500_000, 100_000, 5_000)):
                ours = cost_of(Usage(read, wrote if "output" in row else 0, cached), lookup(provider, model))
                usage = genai.Usage(
                    input_tokens=read, cache_read_tokens=cached, output_tokens=wrote if "output" in row else 0
                )
                try:
                    theirs = max(
                        genai.calc_price(usage, model, provider_id=provider, genai_request_timestamp=at).total_price
                        for at in hours
                    )
                except (LookupError, ValueError):
                    continue
                seen += 1
                if ours != pytest.approx(float(theirs), abs=1e-9):
                    differ.add((provider, model))
    assert seen > 3_500
    assert not differ


def test_who_stands_behind_a_url() -> None:
    assert provider_of("https://api.openai.com/v1") == "openai"
    assert provider_of("http://localhost:11434/v1") == "localhost:11434"
    assert provider_of("https://user:pass@llm.example:8443/v1") == "llm.example"
    assert is_loopback("http://127.0.0.1:1/v1") and is_loopback("http://[::1]:1/v1")
    assert not is_loopback("http://192.168.0.2/v1") and not is_loopback("https://localhost.example/v1")


def test_the_table_is_small_and_carries_its_notice() -> None:
    assert TABLE.stat().st_size < 600_000
    assert "MIT License" in json.loads(TABLE.read_text(encoding="utf-8"))["notice"]


def test_the_table_is_read_only_when_asked() -> None:
    code = "import mlwright.models.prices as p, sys; sys.exit(p._table.cache_info().currsize)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
