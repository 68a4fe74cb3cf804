"""Page 2: every metric on its scale, parts of the run, the hip, what is withheld."""

import re
from dataclasses import replace

import pytest

from contract.rows import EventRow
from dashboards.report.cases import Case
from dashboards.report.clipping import clipped_note, limited_feet
from dashboards.report.data import ReportData, collect
from dashboards.report.forest import compared, landing_words
from dashboards.report.metrics import METRICS, MINUS, Panel
from dashboards.report.notes import slip_note, swap_warning, withheld_lines
from dashboards.report.physio import physio
from dashboards.report.splits import folded_rows, part_rows
from processing import rules
from tests.dashboards.runs import (
    KEYS,
    START_NS,
    Shelf,
    angle,
    balance,
    full_run,
    hip_steps,
    judged_run,
    own,
    page_of,
    quality,
    session,
    splits,
    steps,
    words_of,
)


def data_of(*rows: object) -> ReportData:
    return collect(Shelf(session(), *rows), KEYS["session"])


def event(kind: str, text: str, at_s: float = 0.0) -> EventRow:
    key = {**KEYS, "time_ns": START_NS + round(at_s * 1e9)}
    return EventRow(**key, side="left", kind=kind, text=text)


def test_everything_that_processing_compares_has_a_row_with_the_right_unit() -> None:
    known = {metric.column: metric for metric in METRICS}
    assert set(rules.METRICS) <= set(known)
    for name, rule in rules.METRICS.items():
        is_percent = known[name].panel in (Panel.PERCENT, Panel.SHOCK)
        assert is_percent == (rule.ci_unit == "%")


def test_each_scale_holds_its_own_metrics_and_says_its_unit() -> None:
    panels = compared(collect(full_run(), KEYS["session"]))
    assert [p.words for p in panels] == [p.value for p in Panel]
    assert [len(p.rows) for p in panels] == [3, 2, 3, 1]
    assert panels[2].rows[0].label == "Strike angle, °"


def test_an_angle_is_compared_in_degrees_without_a_percentage() -> None:
    (panel,) = compared(data_of(angle("toe_out_deg", -2.0)))
    row = panel.rows[0]
    assert (row.left, row.right) == ("9.3 ± 1.8", "7.3 ± 1.6")
    assert (row.size, row.interval) == (
        f"{MINUS}2.0",
        f"[{MINUS}3.9, {MINUS}0.1]",
    )
    assert row.reading == "left more"


def test_shock_is_not_read_without_own_earlier_runs() -> None:
    shock = balance("impact_g", asi_pct=-30.0)
    (panel,) = compared(data_of(shock))
    assert (panel.rows[0].reading, panel.rows[0].ink) == ("own runs only", "N")
    (panel,) = compared(data_of(shock, own("impact_g")))
    assert panel.rows[0].reading == "new: left higher"
    assert "compare with your own runs only" in panel.words


def test_a_row_of_an_older_version_without_unit_reads_as_percent() -> None:
    old = replace(balance(), ci_unit="", left_sd=None, right_sd=None)
    (panel,) = compared(data_of(old))
    assert panel.rows[0].left == "246.8"
    assert panel.words.startswith("% of the mean")


@pytest.mark.parametrize(("clipped", "is_much"), [(40, False), (41, True)])
def test_bins_without_the_hardest_tenth_of_a_foot_are_no_picture(
    clipped: int, is_much: bool
) -> None:
    left = [
        replace(s, is_clipped=i < clipped) for i, s in enumerate(steps("left", 0.25))
    ]
    data = data_of(*left, *steps("right", 0.25))
    assert bool(limited_feet(data)) is is_much
    title = physio(data, Case.CLEAR, None)["bins_title"]
    assert ("Impact" in title) is not is_much


def test_clipped_shocks_are_marked_and_counted() -> None:
    clipped = [replace(s, is_clipped=i < 3) for i, s in enumerate(steps("left", 0.25))]
    data = data_of(balance("impact_g"), *clipped)
    (panel,) = compared(data)
    assert panel.rows[0].label.endswith("‡")
    assert "in 3 left steps the shock reached" in clipped_note(data)
    calm = data_of(balance("impact_g"), *steps("left", 0.25))
    assert clipped_note(calm) == ""
    assert "‡" not in compared(calm)[0].rows[0].label


def test_landings_are_shares_of_the_steps_that_are_known() -> None:
    some = [replace(s, strike_type=None) for s in steps("left", 0.25)[:40]]
    data = data_of(*some, *steps("left", 0.25)[40:80])
    assert landing_words(data) == "left 75 % middle, 25 % heel"


def test_few_kilometres_stand_beside_the_thirds_and_many_are_folded() -> None:
    few, many = data_of(*splits(3)), data_of(*splits(8))
    assert [r[0] for r in part_rows(few)] == [
        "First third", "Last third", "Change, last less first", "Km 1", "Km 2", "Km 3",
    ]  # fmt: skip
    assert folded_rows(few) == []
    assert [r[0] for r in folded_rows(many)] == [f"Km {k}" for k in range(1, 9)]
    first = part_rows(many)[0]
    assert first[1:] == [
        f"{MINUS}3.1 [{MINUS}5.3, {MINUS}0.9]", "not known",
        f"{MINUS}1.2 [{MINUS}3.1, +0.7]", "3\N{NARROW NO-BREAK SPACE}840",
    ]  # fmt: skip


def test_the_hip_alone_gives_facts_and_step_times_but_no_side_of_contact() -> None:
    rows = (
        session(verdict="hip only", source="hip"),
        quality("hip", withheld="pelvic drop and tilt: no standing found"),
        balance("step_time_s", source="hip"),
        *hip_steps(),
    )
    page = page_of(*rows)
    text = words_of(page)
    assert "Hip sensor only: steps and rhythm." in text
    assert "8.3 cm" in text
    assert "241 ms" in text
    assert "Step time, ms" in text
    assert "Contact time, ms" not in text
    assert not re.search(r"foot stayed down \d", text)
    assert "Hip sensor. Pelvic drop and tilt: no standing found." in text


def test_one_foot_alone_still_has_its_own_figures() -> None:
    known = [replace(s, toe_out_deg=8.0 + i % 3, impact_g=9.0)
             for i, s in enumerate(steps("right", 0.24)[:80])]  # fmt: skip
    shelf = Shelf(session(verdict="one foot only"), quality("right"), *known)
    text = words_of(page_of(*shelf.kept))
    assert "Figures of the right foot" in text
    assert "Toe-out, ° 9.0 80" in text
    assert "Impact, g (own runs only) 9.0 80" in text
    assert "Step time" not in text
    assert "right 75 % middle" in text


def test_withheld_figures_with_one_reason_share_a_sentence() -> None:
    clock = "flight time: the clocks of the feet are not known well enough"
    data = data_of(quality("left", withheld=clock), quality("right", withheld=clock))
    assert withheld_lines(data) == [f"Both shoe sensors. {clock.capitalize()}."]
    assert withheld_lines(data_of(quality("left"))) == []


def test_a_sensor_that_slipped_is_said_with_its_minute_on_page_one() -> None:
    slips = [event("slip", "the left sensor turned by 21 deg", 90.0 * k)
             for k in range(1, 5)]  # fmt: skip
    told = slip_note(data_of(*slips))
    assert told.startswith("After 1:30: The left sensor turned by 21 deg.")
    assert told.endswith("It happened 2 more times; a screen lists them.")
    page = page_of(*judged_run().kept, slips[0])
    assert page.index("A sensor moved.") < page.index('class="verdict')


def test_a_suspected_swap_starts_with_a_capital_and_ends_with_a_stop() -> None:
    assert swap_warning(data_of(event("swap_suspected", "both shoes turn"))) == (
        "Both shoes turn."
    )


def test_sides_that_may_be_exchanged_are_not_mapped_nor_judged() -> None:
    shelf, swap = full_run(), event("swap_suspected", "both shoes turn outward")
    text = words_of(page_of(*shelf.kept, swap))
    assert "Left and right may be exchanged in all of this" in text
    assert "Not judged: first make sure" in text
    assert "Seen from below" not in text
    assert "Seen from below" in words_of(page_of(*shelf.kept))


def test_a_clear_difference_is_not_followed_by_nothing_stands_out() -> None:
    told = "Nothing stands out beyond the sentence at the top."
    assert told in words_of(page_of(*full_run().kept))
    even = full_run(verdict="no clear difference")
    assert "Nothing stands out in this run." in words_of(page_of(*even.kept))


def test_calibration_says_where_the_axes_come_from() -> None:
    mount = "flat foot at mid-stance: nobody stood still"
    text = words_of(page_of(session(), balance(), quality("left", mount=mount)))
    assert f"Axes from {mount}" in text
    assert "Spread of forward axis, ° 3.7" in text
    assert "Strides not used; near a gap 52; 4" in text
