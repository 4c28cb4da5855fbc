"""Words for comparing a question with a sentence: content words, lightly stemmed, English first, nothing installed."""

import re

STOP = frozenset(
    """a about above after again against all also am an and any are aren as at be because been before being below
    between both but by can cannot could did do does doing done don down during each else ever few for from further
    get gets give given had has have having he her here hers him his how however i if in into is isn it its itself
    just let like made make makes many may me might more most much must my name named no nor not of off on once one
    only or other our ours out over own please same say says shall she should so some such take tell than that the
    their theirs them then there these they thing things this those through to too under until up upon us use used
    uses using very was we were what when where whether which while who whom whose why will with without would yes
    yet you your yours
    """.split()  # noqa: SIM905 (a list of words reads better as words)
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}")
_VOWEL = re.compile(r"[aeiouy]")


def terms(text: str) -> list[str]:
    """The content words of a text, stemmed, in order. Scripts without spaces give pairs of characters."""
    found: list[str] = []
    for match in _WORD.finditer(text):
        word = match[0].lower().replace("’", "'").removesuffix("'s")
        if _CJK.fullmatch(word):
            found += [word[at : at + 2] for at in range(len(word) - 1)]
        elif word not in STOP and word.partition("'")[0] not in STOP:
            found.append(stem(word))
    return found


def marked(text: str) -> set[str]:
    """The stemmed words that name something: capitals inside the text, and whatever holds a digit."""
    names: set[str] = set()
    for match in _WORD.finditer(text):
        word = match[0]
        inside = match.start() > 0 and any(letter.isupper() for letter in word)
        if any(letter.isdigit() for letter in word) or (inside and word.lower() not in STOP):
            names.update(terms(word))
    return names


def stem(word: str) -> str:
    """Cut the endings of English that change no meaning: rotate, rotates, rotated, rotating, rotation are one."""
    if len(word) < 4 or not (word.isascii() and word.isalpha()):
        return word
    word = _verb(_plural(word))
    for ending, instead in (
        ("ization", "iz"),
        ("isation", "iz"),
        ("ation", "at"),
        ("ness", ""),
        ("ment", ""),
        ("ly", ""),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word.removesuffix(ending) + instead
            break
    if word.endswith(("sion", "tion")) and len(word) > 6:
        word = word[:-3]
    if word.endswith("ise") and len(word) > 5:
        word = word[:-2] + "ze"
    word = word[:-1] if word.endswith("e") and len(word) > 4 else word
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


def _plural(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _verb(word: str) -> str:
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root != word and len(root) >= 3 and _VOWEL.search(root):
            doubled = root[-1] == root[-2] and root[-1] not in "lsz"
            return root[:-1] if doubled else root
    return word
