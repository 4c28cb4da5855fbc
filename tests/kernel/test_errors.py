"""Errors: a message, a hint, and nothing lost on the way through another process."""

import copy
import pickle
import re

import pytest

from mlwright.kernel import errors
from mlwright.kernel.errors import MlwrightError, Refused, TransientError, Unreadable

CLASSES = sorted(
    (kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MlwrightError)),
    key=lambda kind: kind.__name__,
)


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_survives_pickle_and_copy(kind: type[MlwrightError]) -> None:
    error = kind("a file: broken", hint="mend it")
    for extra in ("retry_after", "reason"):
        if hasattr(error, extra):
            setattr(error, extra, "kept")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is kind
        assert (again.message, again.hint, str(again)) == (error.message, error.hint, str(error))
        assert vars(again) == vars(error)


def test_the_hint_is_shown_only_where_there_is_one() -> None:
    assert str(MlwrightError("broken")) == "broken"
    assert str(MlwrightError("broken", hint="mend it")) == "broken\n  hint: mend it"


def test_what_some_errors_know_besides() -> None:
    assert Refused("limit", retry_after=2.5).retry_after == 2.5
    assert TransientError("busy").retry_after is None
    assert Unreadable("a.pdf", reason="encrypted").reason == "encrypted"


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    lines = re.findall(r"^( *)([A-Z]\w+)\b", (errors.__doc__ or "").split("\n\n")[1], re.MULTILINE)
    drawn = {name: len(indent) // 2 for indent, name in lines}
    real = {kind.__name__: len(kind.__mro__) - len(MlwrightError.__mro__) for kind in CLASSES}
    assert drawn == real
    assert len(real) <= 10
