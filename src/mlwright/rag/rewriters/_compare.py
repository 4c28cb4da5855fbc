"""A question that compares two things, as one question for each of them: by rules, in English."""

import re

_SIDE = r"(?:(?!\b(?:and|or|with|to|from|vs|versus)\b)[^?,;.]){2,80}?"
_PATTERNS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"^(?P<before>.*?)\bdifferences?\s+between\s+(?P<one>{_SIDE})\s+and\s+(?P<other>{_SIDE})(?P<after>[?,;.].*)?$",
        rf"^(?P<before>.*?)\bcompare[sd]?\s+(?P<one>{_SIDE})\s+(?:and|with|to|vs\.?|versus)\s+(?P<other>{_SIDE})"
        rf"(?P<after>[?,;.].*)?$",
        rf"^(?P<before>.*?)\bhow\s+(?:do|does|is|are)\s+(?P<one>{_SIDE})\s+(?:differ|different)\s+from\s+"
        rf"(?P<other>{_SIDE})(?P<after>[?,;.].*)?$",
        rf"^(?P<before>(?:(?:is|are|does|do|should i use|which is \w+,?)\s+)?)(?P<one>{_SIDE})\s+(?:vs\.?|versus)\s+"
        rf"(?P<other>{_SIDE})(?P<after>[?,;.:].*)?$",
    )
)
_ARTICLE = re.compile(r"^(?:the|a|an|what is|what are|how to)\s+", re.I)
_LONGEST = 400


def sides(question: str) -> tuple[str, ...]:
    """Both sides, each with the words that stand around the comparison; nothing where nothing is compared.

    `What is the difference between a canary and a shadow?` gives `canary` and `shadow`."""
    if len(question) > _LONGEST:
        return ()
    for pattern in _PATTERNS:
        if found := pattern.match(question.strip().rstrip("?!. ")):
            around = (found["after"] or "").strip(" ?,;.:")
            pair = [_ARTICLE.sub("", found[name].strip()) for name in ("one", "other")]
            if all(pair):
                return tuple(f"{side} {around}".strip() for side in pair)
    return ()
