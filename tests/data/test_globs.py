"""Patterns against a naive matcher that tries everything."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlwright.data.sources._globs import Globs, expand


def _naive_expand(pattern: str) -> set[str]:
    """Only for patterns whose braces are simple and balanced: replaces innermost braces until none is left."""
    inner = re.search(r"\{([^{}]*)\}", pattern)
    if inner is None:
        return {pattern}
    return {
        done
        for choice in inner[1].split(",")
        for done in _naive_expand(pattern[: inner.start()] + choice + pattern[inner.end() :])
    }


def _naive_part(pattern: str, name: str) -> bool:
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(_naive_part(pattern[1:], name[cut:]) for cut in range(len(name) + 1))
    return bool(name) and (pattern[0] == "?" or pattern[0] == name[0]) and _naive_part(pattern[1:], name[1:])


def _naive(pattern: list[str], names: list[str]) -> bool:
    if not pattern:
        return not names
    if pattern[0] == "**":
        return _naive(pattern[1:], names) or (
            bool(names) and not names[0].startswith(".") and _naive(pattern, names[1:])
        )
    if not names or (names[0].startswith(".") and not pattern[0].startswith(".")):
        return False
    return _naive_part(pattern[0], names[0]) and _naive(pattern[1:], names[1:])


_PART = st.one_of(st.just("**"), st.text("ab.*?", min_size=1, max_size=4))
_NAME = st.text("ab.", min_size=1, max_size=4)


@given(st.lists(_PART, min_size=1, max_size=4), st.lists(_NAME, min_size=1, max_size=4))
def test_matching_agrees_with_the_naive_matcher(parts: list[str], names: list[str]) -> None:
    assert Globs.of(["/".join(parts)]).matches("/".join(names)) == _naive(parts, names)


_BRACES = st.recursive(
    st.text("ab.*", max_size=3),
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(lambda some: "{" + ",".join(some) + "}")
        | st.tuples(inner, inner).map("".join)
    ),
    max_leaves=6,
)


@given(_BRACES)
def test_braces_agree_with_the_naive_expansion(pattern: str) -> None:
    assert set(expand(pattern)) == _naive_expand(pattern)


@given(st.text("{},a", max_size=12))
def test_no_text_of_braces_hangs_or_breaks(pattern: str) -> None:
    assert expand(pattern)


@pytest.mark.parametrize(
    ("pattern", "key", "matches"),
    [
        ("**/*.{pdf,md,html}", "a/b/c.md", True),
        ("**/*.{pdf,md,html}", "c.pdf", True),
        ("**/*.{pdf,md,html}", "c.txt", False),
        ("**/*", ".git/config", False),
        ("**/.github/*", "a/.github/x", True),
        ("[a-c]?.md", "b1.md", True),
        ("[!a-c]?.md", "b1.md", False),
        ("a[", "a[", True),
        ("[]]", "]", True),
        ("{a}", "{a}", True),
        ("*.md", "A.MD", False),
        ("guide/**", "guide/a/b", True),
        ("[z-a]", "m", False),
    ],
)
def test_examples(pattern: str, key: str, matches: bool) -> None:
    assert Globs.of([pattern]).matches(key) is matches


def test_too_many_braces_are_refused() -> None:
    with pytest.raises(ValueError, match="1000"):
        expand("{a,b}" * 12)
