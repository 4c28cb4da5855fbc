"""How answers are compared as text: the normalisation of SQuAD 1.1 (Rajpurkar et al. 2016), and white space."""

import re
import string

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def words(text: str) -> list[str]:
    """Lower case, without ASCII punctuation and English articles, cut at white space."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def squashed(text: str) -> str:
    """Every run of white space as one space, none at the ends."""
    return " ".join(text.split())
