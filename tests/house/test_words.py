"""What the product never says to a runner, and the colours of left and right."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("contract", "collector", "processing", "dashboards", "treadwear")
DOCUMENTS = ("README.md",)
# In pieces, so that no search for them ends here.
FORBIDDEN = re.compile(
    r"\b("
    + "|".join(["injur" + "y risk", "risk of injur" + "y", "diag" + "nos\\w*"])
    + "|"
    + "|".join(["prevent\\w* injur" + "\\w*", "abnor" + "mal\\w*"])
    + "|"
    + "|".join(["treat" + "ments?", "scor" + "es?"])
    + r")\b",
    re.IGNORECASE,
)
SUFFIXES = {".html", ".js", ".css", ".svg", ".j2", ".jinja"}


def shown_files() -> list[Path]:
    """Files whose words reach people as they are."""
    pages = [p for p in (ROOT / "dashboards").rglob("*") if p.suffix in SUFFIXES]
    return sorted(pages) + [ROOT / name for name in DOCUMENTS]


def strings_of(path: Path) -> list[tuple[int, str]]:
    """Text in the code of a module; docstrings of what is no command are left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    is_command = "commands" in path.parts
    inside = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and not is_command:
            inside.add(id(node.value))
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in inside
    ]


MODULES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))


def test_there_are_words_to_look_at() -> None:
    assert sum(len(strings_of(path)) for path in MODULES) > 500
    assert any(path.suffix == ".js" for path in shown_files())


@pytest.mark.parametrize(
    "sentence",
    [
        "your injur" + "y risk is high",
        "a symmetry scor" + "e of 8",
        "abnor" + "mal gait",
    ],
)
def test_the_search_finds_what_must_not_be_said(sentence: str) -> None:
    assert FORBIDDEN.search(sentence)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_message_of_the_program_says_a_forbidden_word(path: Path) -> None:
    for line, text in strings_of(path):
        found = FORBIDDEN.search(text)
        assert not found, f"{path.relative_to(ROOT)}:{line} says {found}"


@pytest.mark.parametrize("path", shown_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_page_says_a_forbidden_word(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        found = FORBIDDEN.search(line)
        assert not found, f"{path.relative_to(ROOT)}:{number} says {found}"


def test_left_and_right_have_the_same_colours_everywhere() -> None:
    """Left is blue #0072B2, right orange #D55E00; never the other way round."""
    swapped = re.compile(r"(left\W{1,12}#D55E00|right\W{1,12}#0072B2)", re.IGNORECASE)
    straight = re.compile(r"left\W{1,12}#0072B2", re.IGNORECASE)
    texts = {
        path: path.read_text(encoding="utf-8") for path in [*MODULES, *shown_files()]
    }
    assert not [path for path, text in texts.items() if swapped.search(text)]
    assert [path for path, text in texts.items() if straight.search(text)]
