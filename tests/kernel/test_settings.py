"""Settings: environment over file over default, and helpful about mistakes."""

from pathlib import Path

import pytest

from mlwright.kernel.errors import UserError
from mlwright.kernel.settings import Secret, Settings, load_settings


def test_defaults_without_file_and_environment(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "absent.toml", {}) == Settings()
    assert load_settings(environ={}) == Settings()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('span_days = 9\nblobs = "s3://bucket"\n', encoding="utf-8")
    read = load_settings(file, {"MLWRIGHT_SPAN_DAYS": "7", "MLWRIGHT_OTLP_HEADERS": "a=1, b=x=y,", "PATH": "/bin"})
    assert (read.span_days, read.blobs, read.otlp_header_values) == (7, "s3://bucket", {"a": "1", "b": "x=y"})
    with pytest.raises(UserError):
        _ = Settings(otlp_headers=Secret("nonsense")).otlp_header_values


def test_secrets_do_not_show_themselves() -> None:
    read = load_settings(
        environ={
            "MLWRIGHT_STORE": "postgresql://u:pw@h/d",
            "MLWRIGHT_OTLP_HEADERS": "x=s3c",
        }
    )
    assert read.store == "postgresql://u:pw@h/d"
    shown = repr(read)
    assert not any(secret in shown for secret in ("pw", "s3c"))
    assert repr(Secret("")) == "''"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("spam_days = 1", "no setting 'spam_days'", "did you mean 'span_days'?"),
        ("zzzzzzzz = 1", "no setting 'zzzzzzzz'", "the settings are: store"),
        ('span_days = "many"', "span_days is not a whole number", "30"),
        ("blobs = 5", "blobs is not a text", "quotes"),
        ("blobs = = 1", "settings.toml", "span_days = 30"),
    ],
)
def test_mistakes_in_the_file_name_the_place_and_the_remedy(tmp_path: Path, text: str, message: str, hint: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_settings(file, {})
    assert message in caught.value.message and hint in caught.value.hint


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        load_settings(tmp_path, {})
    (tmp_path / "latin.toml").write_bytes(b'blobs = "\xe9"')
    with pytest.raises(UserError, match=r"latin\.toml"):
        load_settings(tmp_path / "latin.toml", {})


def test_misspelt_variables_are_told_and_foreign_ones_let_be() -> None:
    with pytest.raises(UserError) as caught:
        load_settings(environ={"MLWRIGHT_STROE": "x"})
    assert caught.value.hint == "did you mean MLWRIGHT_STORE?"
    assert load_settings(environ={"MLWRIGHT_DATA": "/data", "MLWRIGHT_": "x"}) == Settings()
