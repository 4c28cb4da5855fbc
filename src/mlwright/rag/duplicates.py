"""Near duplicates among found passages: texts that share nearly all runs of three words, and all their numbers."""

import re
from collections import Counter

_WORD = re.compile(r"\w+")
_RUN = 3


class Distinct:
    """Passages that were let in. `admits` is asked in rank order, so of two near duplicates the better one stays.

    Two texts are near duplicates when the runs of three words that they share are at least `alike` of the runs of the
    two together (Jaccard), and the same numbers stand in both: the page of version 2.1 is not the page of 2.2. With
    `alike` 1, only texts of equal words are. An inverted list of runs makes this linear in the length of the texts."""

    def __init__(self, alike: float) -> None:
        self._alike = alike
        self._texts: set[str] = set()
        self._runs: dict[int, list[int]] = {}
        self._sizes: list[int] = []
        self._numbers: list[Counter[str]] = []

    def admits(self, text: str) -> bool:
        """Is this one new? If so, it counts from now on."""
        flat = " ".join(text.split())
        if flat in self._texts:
            return False
        self._texts.add(flat)
        words = _WORD.findall(flat.lower())
        runs = {hash(tuple(words[at : at + _RUN])) for at in range(max(1, len(words) - _RUN + 1))}
        numbers = Counter(word for word in words if any(map(str.isdigit, word)))
        if self._repeats(runs, numbers):
            return False
        for run in runs:
            self._runs.setdefault(run, []).append(len(self._sizes))
        self._sizes.append(len(runs))
        self._numbers.append(numbers)
        return True

    def _repeats(self, runs: set[int], numbers: Counter[str]) -> bool:
        shared = Counter(before for run in runs for before in self._runs.get(run, ()))
        return any(
            common >= self._alike * (len(runs) + self._sizes[before] - common) and self._numbers[before] == numbers
            for before, common in shared.items()
        )
