"""Slots: a folder is a list, strangers join by entry point, and mistakes list the choices."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from mlwright.kernel import parts
from mlwright.kernel.errors import Conflict, MissingExtra, NotFound
from mlwright.kernel.parts import Part, Slot, config_of, names, need

PART = """
from mlwright.kernel.parts import Part
class Config(Part):
    "{doc}"
    model: str = "small"
    size: int = 1
"""


@pytest.fixture
def slot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    folder = tmp_path / "shapes"
    folder.mkdir()
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (folder / "_helper.py").write_text("raise RuntimeError('a helper is no part')", encoding="utf-8")
    (folder / "circle.py").write_text(PART.format(doc="A round one."), encoding="utf-8")
    (folder / "square.py").write_text(PART.format(doc="An even one."), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    names.cache_clear()
    yield "shapes"
    names.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] in ("shapes", "stranger")]:
        del sys.modules[name]


def stranger(folder: Path, name: str) -> None:
    """Install a package that brings a part, as pip would."""
    (folder / "stranger.py").write_text(PART.format(doc="From afar."), encoding="utf-8")
    info = folder / "stranger-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[shapes]\n{name} = stranger\n", encoding="utf-8")


class Drawing(BaseModel):
    shape: Annotated[Part, Slot("shapes", key="by")]


def test_a_folder_is_a_list(slot: str) -> None:
    assert names(slot) == ("circle", "square")
    assert config_of(slot, "circle")(use="circle").facts().embedded is True


def test_an_unknown_part_lists_the_known(slot: str) -> None:
    for name in ("triangle", "_helper", "__init__", ""):
        with pytest.raises(NotFound) as caught:
            config_of(slot, name)
        assert caught.value.hint == "choose one of: circle, square"


def test_a_stranger_joins_by_entry_point(slot: str, tmp_path: Path) -> None:
    stranger(tmp_path, "star")
    assert names(slot) == ("circle", "square", "star")
    assert config_of(slot, "star").__doc__ == "From afar."


def test_two_parts_of_one_name_are_a_conflict(slot: str, tmp_path: Path) -> None:
    stranger(tmp_path, "circle")
    with pytest.raises(Conflict, match="and so has the installed package behind 'stranger'"):
        config_of(slot, "circle")


@pytest.mark.parametrize("key", ["use", "by"])
def test_three_spellings_mean_the_same(slot: str, key: str) -> None:
    adapter: TypeAdapter[Part] = TypeAdapter(Annotated[Part, Slot("shapes", key=key)])
    short, middle, long = (
        adapter.validate_python(v) for v in ("circle", "circle/big", {key: "circle", "model": "big"})
    )
    assert middle == long
    assert (short.use, getattr(short, "model", "")) == ("circle", "small")
    assert adapter.validate_python(long) is long
    assert adapter.validate_python(adapter.dump_python(long)) == long


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("triangle", "choose one of: circle, square"),
        ({}, "has no part ''"),
        (5, "write a name, or a mapping with the key 'by'"),
        ({"by": "circle", "colour": "red"}, "colour"),
        ({"by": "circle", "size": "big"}, "size"),
    ],
)
def test_mistakes_keep_the_path_of_the_field(slot: str, value: object, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Drawing.model_validate({"shape": value})
    assert message in str(caught.value)
    assert caught.value.errors()[0]["loc"][0] == "shape"


def test_the_schema_offers_every_part(slot: str) -> None:
    choices = Drawing.model_json_schema()["properties"]["shape"]["anyOf"]
    assert [choice["properties"]["by"]["const"] for choice in choices[1:]] == ["circle", "square"]
    assert choices[0] == {"type": "string"}
    assert choices[1]["properties"]["by"]["description"] == "A round one."
    assert "use" not in choices[1]["properties"]


def test_a_missing_package_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert need("json", "any").loads("1") == 1
    with pytest.raises(MissingExtra, match="nowhere_to_be_found is not installed") as caught:
        need("nowhere_to_be_found", "local")
    assert caught.value.hint == 'pip install "mlwright[local]"'
    (tmp_path / "broken_inside.py").write_text("import nowhere_to_be_found", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtra, match="cannot be loaded: No module named 'nowhere_to_be_found'"):
        need("broken_inside", "local")


def test_a_part_is_frozen_and_strict(slot: str) -> None:
    part = config_of(slot, "circle")(use="circle")
    with pytest.raises(ValidationError):
        part.use = "square"
    assert parts.Facts().leaves_machine is False
