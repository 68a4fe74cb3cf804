"""Page 1 says what stands out, how sure that is, and what to do about it."""

from dataclasses import replace
from datetime import UTC

import pytest

from dashboards.report.background import Advice
from dashboards.report.cards import TITLES, finding_cards
from dashboards.report.data import ReportData, collect
from dashboards.report.exercises import plan_view
from dashboards.report.metrics import together
from dashboards.report.soap import soap
from processing.advice.finding_rules import RULES
from processing.advice.finding_words import NEW_RUN
from tests.dashboards.runs import (
    KEYS,
    Shelf,
    balance,
    exercises,
    finding,
    findings,
    judged_run,
    page_of,
    quality,
    session,
    words_of,
)


def data_of(*rows: object, advice: Advice | None = None) -> ReportData:
    shelf = Shelf(session(), *rows)
    return collect(shelf, KEYS["session"], advice=advice or Advice())


def test_findings_stand_in_the_order_of_their_rank() -> None:
    cards = finding_cards(data_of(*findings()))
    assert [c.title for c in cards] == [
        "Left stays down longer",
        "Right rolls in more",
        "Left lands harder",
    ]


def test_never_more_than_three_findings_and_four_exercises() -> None:
    many = [finding(rank) for rank in range(1, 7)]
    extra = [replace(e, place=e.place + by) for by in (10, 0) for e in exercises()]
    data = data_of(*many, *extra)
    assert len(finding_cards(data)) == 3
    assert [c.place for c in plan_view(data, "ana").cards] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("certainty", "dots", "words"),
    [(1, "●○○", "not sure yet"), (2, "●●○", "fairly sure"), (3, "●●●", "very sure")],
)
def test_how_sure_it_is_stands_in_dots_and_words(
    certainty: int, dots: str, words: str
) -> None:
    (card,) = finding_cards(data_of(finding(certainty=certainty)))
    assert (card.dots, card.sure) == (dots, words)


def test_a_range_names_its_small_end_first_and_sides_where_it_holds_zero() -> None:
    left, right, both = (
        finding_cards(data_of(finding(size=size, low=low, high=high)))[0]
        for size, low, high in ((-3.1, -5.3, -0.9), (3.4, 0.8, 6.0), (-9, -30, 12))
    )
    likely = together("likely 0.9 to 5.3 %")  # the word stays with its figures
    assert (left.side, left.size, left.span) == ("left", "3.1 %", likely)
    assert (right.side, right.span) == ("right", together("likely 0.8 to 6.0 %"))
    assert both.span == "30.0 % left to 12.0 % right"


def test_points_are_points_in_the_range_too() -> None:
    (card,) = finding_cards(data_of(finding(code="TW-012")))
    assert card.size == "3.1 points to the left"
    assert card.span == together("likely 0.9 to 5.3 points")


def test_what_is_noticed_for_the_first_time_is_not_called_new_for_the_runner() -> None:
    (card,) = finding_cards(data_of(finding(since=NEW_RUN)))
    assert card.since == "first noticed in this run"


def test_every_metric_that_can_stand_out_has_a_plain_title() -> None:
    assert set(RULES) <= set(TITLES)


def test_each_exercise_says_side_order_dose_and_how_in_plain_words() -> None:
    plan = plan_view(data_of(*reversed(exercises())), "ana")
    first = plan.cards[0]
    assert [c.step for c in plan.cards] == [
        "Loosen", "Stretch", "Wake up", "Put together",
    ]  # fmt: skip
    assert (first.name, first.side) == ("Roll the outer calf", "right side")
    assert first.how.startswith("Roll slowly")
    assert first.dose == (
        "Before the run: 30 s. After it: 1 set, hold each tender spot 30 to 60 s. "
        "About 2 min."
    )
    assert plan.looks == (("Sat 19 Dec 2026", "re-test"),)
    assert plan.head == "about 8 minutes, in this order"
    told = Advice(first_look="2026-12-05", times_a_week=3)
    plan = plan_view(data_of(*exercises(), advice=told), "ana")
    assert plan.looks[0] == ("Sat 5 Dec 2026", "first look")
    assert plan.head == "about 8 minutes, three times a week, in this order"


def test_a_dose_that_does_not_say_when_takes_it_from_the_row() -> None:
    bare = replace(exercises()[0], dose="2 x 30 s", when="after the run")
    assert plan_view(data_of(bare), "ana").cards[0].dose == "After the run: 2 x 30 s."


def test_a_hidden_plan_gives_its_reason_and_no_exercise() -> None:
    advice = Advice(plan_hidden="your pain is rising: see a physio")
    plan = plan_view(data_of(*exercises(), advice=advice), "ana")
    assert plan.cards == ()
    assert plan.words == "Your pain is rising: see a physio."


def test_without_exercises_the_page_says_where_the_reason_stands() -> None:
    assert "treadwear plan ana" in plan_view(data_of(), "ana").words
    told = Advice(plan_words="Nothing asks for exercises.")
    assert plan_view(data_of(advice=told), "ana").words == "Nothing asks for exercises."


@pytest.mark.parametrize(
    ("said", "runs", "looks"),
    [
        ("clearly different", 7, ("Sat 5 Dec 2026", "next check, in 2 weeks")),
        ("clearly different", 0, ("Sat 19 Dec 2026", "next check, by 2 Jan")),
        ("as usual", 7, ("Sat 19 Dec 2026", "next check, by 2 Jan")),
    ],
)
def test_without_a_plan_there_still_is_a_day_to_look_again(
    said: str, runs: int, looks: tuple[str, str]
) -> None:
    about = session(verdict=said, baseline_runs=runs)
    feet = (quality("left"), quality("right"))
    shelf = Shelf(about, balance(), *feet)
    plan = plan_view(collect(shelf, KEYS["session"], UTC), "ana")
    assert plan.looks == (looks,)
    text = words_of(page_of(*shelf.kept))
    assert f"{looks[0]} {looks[1]}" in text
    assert "today" in text


def test_a_run_that_compared_nothing_is_looked_at_again_soon() -> None:
    shelf = Shelf(session(verdict="one foot only"), quality("left"))
    plan = plan_view(collect(shelf, KEYS["session"], UTC), "ana")
    assert plan.looks[0][0] == "Sat 5 Dec 2026"


def test_a_plan_of_today_stands_where_the_run_itself_has_none() -> None:
    later = tuple(exercises()[:2])
    data = data_of(advice=Advice(exercises=later))
    plan = plan_view(data, "ana")
    assert [c.name for c in plan.cards] == ["Roll the outer calf", "Calf stretch"]
    assert soap(data, plan).plan.startswith("Roll the outer calf (right side)")
    own = data_of(*exercises(), advice=Advice(exercises=later))
    assert len(plan_view(own, "ana").cards) == 4  # the run's own plan otherwise


def test_page_one_has_no_codes_and_tells_to_stop_when_it_hurts() -> None:
    page = page_of(*judged_run().kept)
    first = words_of(page[: page.index("For the physio or coach")])
    for jargon in ("TW-", "ASI", "eversion", "inhibit", "CI ", "bootstrap"):
        assert jargon not in first
    assert "leave out anything that hurts" in first
    assert "Hint from TW-041" in words_of(page)


def test_findings_of_a_run_that_still_goes_on_are_not_told() -> None:
    page = page_of(*judged_run(state="running").kept)
    assert "stays down longer" not in page
    assert "Your plan" not in page
    assert "The run is still going." in page
