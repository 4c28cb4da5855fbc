"""Source code: symbols are headings, the text is the file."""

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import mlwright
from mlwright.rag.parse import choose, every_parser
from mlwright.rag.parsers import code
from mlwright.rag.parsers._marks import heading
from mlwright.rag.types import Parsed
from mlwright.testing.parsers import ParserSuite

PYTHON = '''import os


@dec(
    1)
class A(B,
        C):
    """Doc."""

    async def f(self, a,
                b) -> int:  # why
        def inner(): pass
        return 1

    def g(self): return 2


LAST = A()
if __name__ == "__main__":
    print(LAST)
'''
TYPESCRIPT = """import {a} from "x";
// class Not {
export default class Foo extends Bar {
  constructor(a: string) { if (a) { return } }
  async get(): Promise<void> { const y = {a: "}"}; }
}
export const f = async (a) => { return 1 }
function g({a, b}) { return `x ${a} {` }
const o = {a: 1, b() {}};
"""
GO = """package main

type T struct { a int }

func (t *T) Do(x int) error {
\tif x > 0 { return nil }
\treturn nil
}
"""
JAVA = """/** doc */
public class A<T> implements B {
  @Override
  public String m(int a,
      int b) throws E { switch (a) { case 1: break; } return "{"; }
  static class In { void q() {} }
}
"""
RUST = """use x::{a, b};
impl<'a> Foo for Bar<'a> { fn f(&self) -> i32 { match self { _ => 1 } } }
pub fn g<T>(x: T)
where
    T: Clone,
{ }
#[derive(Debug)]
enum E { A, B }
"""
RUBY = "def f(x)\n  x + 1\nend\n\nclass A\n  def b\n    1\n  end\nend\n"


class TestCode(ParserSuite):
    config = code.Config()
    samples = ((PYTHON.encode(), "a.py"), (TYPESCRIPT.encode(), "a.ts"), (GO.replace("\n", "\r\n").encode(), "a.go"))


def parsed(source: str, key: str) -> Parsed:
    return code.Config().build().parse(source.encode(), key)


def heads(document: Parsed) -> list[tuple[int, str]]:
    return [(block.level, heading(document, block)) for block in document.blocks if block.level]


@pytest.mark.parametrize(
    ("key", "source", "expected"),
    [
        (
            "a.py",
            PYTHON,
            [
                (1, "@dec( 1) class A(B, C):"),
                (2, "async def f(self, a, b) -> int: # why"),
                (2, "def g(self): return 2"),
                (1, "LAST = A()"),
            ],
        ),
        (
            "a.ts",
            TYPESCRIPT,
            [
                (1, "export default class Foo extends Bar"),
                (2, "constructor(a: string)"),
                (2, "async get(): Promise<void>"),
                (1, "export const f = async (a) =>"),
                (1, "function g({a, b})"),
            ],
        ),
        ("a.go", GO, [(1, "type T struct"), (1, "func (t *T) Do(x int) error")]),
        (
            "A.java",
            JAVA,
            [
                (1, "public class A<T> implements B"),
                (2, "@Override public String m(int a, int b) throws E"),
                (2, "static class In"),
                (3, "void q()"),
            ],
        ),
        (
            "a.rs",
            RUST,
            [
                (1, "impl<'a> Foo for Bar<'a>"),
                (2, "fn f(&self) -> i32"),
                (1, "pub fn g<T>(x: T) where T: Clone,"),
                (1, "#[derive(Debug)] enum E"),
            ],
        ),
        ("a.rb", RUBY, [(1, "def f(x)"), (1, "class A")]),
        ("run.sh", '#!/bin/bash\nset -e\nf() {\n  echo "}"\n}\nf\n', [(1, "f()")]),
    ],
)
def test_symbols_are_headings_where_they_stand(key: str, source: str, expected: list[tuple[int, str]]) -> None:
    document = parsed(source, key)
    assert document.text == source
    assert heads(document) == expected


def test_every_definition_of_this_package_is_found() -> None:
    missed = []
    for path in sorted(Path(mlwright.__file__).parent.joinpath("rag").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        found = " ".join(words for _, words in heads(parsed(source, path.name)))
        tops = [
            node
            for node in ast.parse(source).body
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        ]
        inner = [
            node
            for top in tops
            if isinstance(top, ast.ClassDef)
            for node in top.body
            if isinstance(node, ast.FunctionDef)
        ]
        missed += [f"{path.name}: {node.name}" for node in (*tops, *inner) if f" {node.name}" not in found]
    assert missed == []


def test_broken_python_is_read_by_its_indent() -> None:
    document = parsed("def f(:\n    x\n", "a.py")
    assert heads(document) == [(1, "def f(:")]
    assert "line 1 is no Python" in document.notes[0]


def test_a_script_is_known_by_its_first_line() -> None:
    assert choose(every_parser(), b"#!/usr/bin/env python3\nprint(1)\n", "run").use == "code"
    assert code.Config().build().parse(b"#!/usr/bin/env python3\ndef f(): pass\n", "run").meta == {"code": "python"}


@settings(max_examples=60, deadline=None)
@given(some.text(alphabet="{}()[];\"'`/*#\\ \nabc=class(fn"), some.sampled_from([".ts", ".rs", ".sh", ".py", ".rb"]))
def test_any_text_gives_blocks_in_order(source: str, suffix: str) -> None:
    document = parsed(source, f"a{suffix}")
    end = 0
    for block in document.blocks:
        assert end <= block.start < block.end <= len(source)
        end = block.end
