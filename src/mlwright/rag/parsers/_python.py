"""Finds the classes and functions of Python by its own grammar."""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence

from mlwright.rag.parsers._symbols import with_code
from mlwright.rag.types import Block

_DEEPEST = 5
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_Symbol = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def python_blocks(text: str) -> tuple[Block, ...]:
    """Each class, function and method is a heading: its decorators and signature. What stands at the margin behind one
    is headed by its own first line. Raises SyntaxError and ValueError for what is no Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of code that is only read
        tree = ast.parse(text)
    lines, heads, offset = _LINE.findall(text), [], [0]
    for line in lines:
        offset.append(offset[-1] + len(line))
    for first, last, level in _heads(tree.body, 1, lines):
        indent = len(lines[first - 1]) - len(lines[first - 1].lstrip())
        heads.append((offset[first - 1] + indent, offset[last - 1] + len(lines[last - 1].rstrip()), level))
    return with_code(text, heads)


def _heads(body: Sequence[ast.stmt], level: int, lines: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """(first line, last line, level) of headings in order, from line 1. A line heads one thing only."""
    behind, last = False, 0
    for statement in body:
        if isinstance(statement, _Symbol):
            first = min([statement.lineno, *(one.lineno for one in statement.decorator_list)])
            if first > last:
                last = _signature_end(statement, lines)
                yield first, last, level
            if isinstance(statement, ast.ClassDef) and level < _DEEPEST and statement.body[0].lineno > last:
                yield from _heads(statement.body, level + 1, lines)
            behind, last = True, statement.end_lineno or last
        elif behind and level == 1 and statement.lineno > last:
            behind, last = False, statement.lineno
            yield statement.lineno, statement.lineno, level


def _signature_end(symbol: _Symbol, lines: Sequence[str]) -> int:
    """The line of the colon that ends the signature."""
    first = symbol.body[0]
    start = min([first.lineno, *(one.lineno for one in getattr(first, "decorator_list", ()))])
    body = {id(statement) for statement in symbol.body}
    parts = [node for child in ast.iter_child_nodes(symbol) if id(child) not in body for node in ast.walk(child)]
    least = max([symbol.lineno, *(getattr(part, "end_lineno", 0) or 0 for part in parts)])
    ends = (number for number in range(least, start) if lines[number - 1].split("#")[0].rstrip().endswith(":"))
    return next(ends, min(least, start))
