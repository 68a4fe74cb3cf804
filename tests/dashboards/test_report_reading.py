"""Page 1 is read by a runner of twelve: short words, kind ones, and no script."""

import html
import re

import pyphen
import pytest

from dashboards.report.build import build_report
from tests.dashboards.report_cases import CASES, NASTY, everything, nasty
from tests.dashboards.runs import words_of

FORBIDDEN = (
    "injury risk", "diagnos", "treat", "prevent injury", "abnormal", "score", "rehab",
)  # fmt: skip
MOST_GRADE = 7.0
"""Flesch-Kincaid grade 7 is an age of twelve."""
SYLLABLES = pyphen.Pyphen(lang="en_GB")


def first_page(page: str) -> str:
    return page[: page.index("For the physio or coach")]


def sentences(page: str) -> list[str]:
    """Sentences of the page's running text: paragraphs, list items, no tables."""
    body = re.sub(r"<(svg|details|style|footer).*?</\1>", " ", page, flags=re.DOTALL)
    parts = re.findall(r"<(?:p|li)\b[^>]*>(.*?)</(?:p|li)>", body, flags=re.DOTALL)
    text = [html.unescape(re.sub(r"<[^>]+>", " ", part)) for part in parts]
    split = [s for part in text for s in re.split(r"(?<=[.:?])\s+|;\s|\s·\s", part)]
    return [s for s in split if len(re.findall(r"[A-Za-z]+", s)) >= 4]


def grade(found: list[str]) -> float:
    """Flesch-Kincaid grade; a number counts as one short word."""
    words = [w for s in found for w in re.findall(r"[A-Za-z]+|\d[\d.,:]*", s)]
    count = sum(SYLLABLES.inserted(word).count("-") + 1 for word in words)
    return 0.39 * len(words) / len(found) + 11.8 * count / len(words) - 15.59


@pytest.mark.parametrize(
    "case", ["everything", "drifting", "first run", "as usual", "one foot"]
)
def test_the_runners_page_reads_at_the_age_of_twelve(case: str) -> None:
    found = sentences(first_page(build_report(CASES[case]())))
    assert len(found) >= 5
    assert grade(found) <= MOST_GRADE


def test_the_measure_knows_a_hard_sentence() -> None:
    hard = "Contralateral musculoskeletal compensations characterise insufficiency."
    assert grade([hard]) > 15


@pytest.mark.parametrize("case", CASES)
def test_no_page_says_a_word_that_it_must_not(case: str) -> None:
    text = words_of(build_report(CASES[case]())).lower()
    assert [word for word in FORBIDDEN if word in text.replace("treadwear", "")] == []


@pytest.mark.parametrize("case", CASES)
def test_every_picture_is_told_in_words_and_has_its_table(case: str) -> None:
    page = build_report(CASES[case]())
    told = [svg for svg in re.findall(r"<svg[^>]*>", page) if "aria-hidden" not in svg]
    for svg in told:
        assert re.search(r'role="img" aria-label="[^"]{30,}"', svg)
    drawn = [s for s in told if 'class="life"' not in s and 'class="spark"' not in s]
    # Speed below the course and kilometres have tables without a picture of their own.
    assert page.count("<details>") >= len(drawn)
    assert page.count("<caption>") == page.count("<table")


def test_a_script_in_any_word_stays_text() -> None:
    page = build_report(nasty())
    assert "<script" not in page
    assert page.count(html.escape(NASTY)) >= 12
    assert build_report(nasty(), style_href="/s.css").count("<script") == 0


def test_no_page_reads_nan_or_none() -> None:
    for case in CASES.values():
        assert not re.search(
            r"\bnan\b|\bNone\b|\binf\b", words_of(build_report(case()))
        )


def test_page_one_says_what_to_leave_out_and_when_to_look_again() -> None:
    text = words_of(first_page(build_report(everything())))
    for words in (
        "leave out anything that hurts", "Sat 5 Dec 2026 first look",
        "Sat 19 Dec 2026 re-test, by 2 Jan", "Above 3, or rising", "3 a little",
        "not medical advice",
        "about 8 minutes, three times a week", "did not link them to more injuries",
    ):  # fmt: skip
        assert words in text
