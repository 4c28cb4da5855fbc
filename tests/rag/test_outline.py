"""What a prompt template shows where, read from its text."""

import pytest

from mlwright.kernel.errors import UserError
from mlwright.rag import Outline, Prompt, built_in, outline_of

HEAD = "# System\nBe brief.\n# User\nIntro "


def test_the_built_in_prompt_is_whole_and_quotes() -> None:
    found = outline_of(None)
    assert found == outline_of(built_in().text)
    assert (found.whole, found.quoted, found.system) == (True, True, ())
    assert [one.name for one in found.user] == ["passages", "history", "question"]
    assert 300 < found.fixed < 700


def test_the_same_beginning_ends_at_the_first_tag() -> None:
    found = outline_of(HEAD + "{{ question }} and more {{ passages }}")
    assert found.fixed == len("Be brief.") + len("Intro ")
    assert [(one.name, one.line) for one in found.user] == [("question", 4), ("passages", 4)]


def test_comments_texts_and_fields_of_others_are_no_names() -> None:
    found = outline_of("# System\n{# {{ question }}\n #}{{ x.question }}{{ 'passages' }}\n# User\n{{ history }}")
    assert found.system == ()
    assert [(one.name, one.line) for one in found.user] == [("history", 5)]


def test_a_text_without_parts_is_not_whole() -> None:
    assert outline_of("Answer: {{ question }}") == Outline(False, (), (), 0, False)


@pytest.mark.parametrize(
    "shown", ["{{ question }}", "{% for p in passages %}{{ p }}{% endfor %}", "{% if history %}a{% endif %}"]
)
def test_what_the_outline_finds_in_the_system_part_the_prompt_refuses(shown: str) -> None:
    text = f"# System\nBe brief.\n{shown}\n# User\n{{{{ question }}}}"
    assert [one.line for one in outline_of(text).system] == [3]
    with pytest.raises(UserError, match=r"p\.md:3"):
        Prompt(text, name="p.md")
