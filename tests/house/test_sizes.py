"""Modules fit one sitting and are named after what they hold (style.md, rules 5, 6)."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What is checked for types is what we write; the tests fit one sitting as well.
TYPED = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["files"]
FOLDERS = (*TYPED, "tests")
MODULES = sorted(path for name in FOLDERS for path in (ROOT / name).rglob("*.py"))
MOST_LINES = 400
MOST_FUNCTION_LINES = 40
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 50
    looked_at = {path.relative_to(ROOT).parts[0] for path in MODULES}
    assert looked_at == set(FOLDERS)
    assert {"treadwear", "benchmarks", "tests"} < looked_at


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_is_longer_than_one_sitting(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES, f"{path.relative_to(ROOT)} has {lines} lines"


def test_no_module_or_package_is_a_junk_drawer() -> None:
    names = {p for path in MODULES for p in (path.stem, path.parent.name)}
    assert not names & FORBIDDEN_NAMES


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its signature and its docstring."""
    first = function.body[0]
    has_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    body = function.body[1:] if has_text else function.body
    if not body:
        return 0
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_functions_are_short() -> None:
    lengths = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                lengths[name] = body_lines(node)
    long = {name: n for name, n in lengths.items() if n > MOST_FUNCTION_LINES}
    assert not long
    middle = sorted(lengths.values())[len(lengths) // 2]
    assert middle <= 10
