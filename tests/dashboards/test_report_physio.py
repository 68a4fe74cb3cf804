"""Page 2: every figure, roll and course as drawn, what may explain it, SOAP, source."""

import re
from dataclasses import replace

import msgspec
import pytest

from contract.rows import QualityRow, RollRow
from contract.track import Track, TrackPoint
from dashboards.report.confounders import climb_m, confounder_rows
from dashboards.report.course import course
from dashboards.report.drawing import Scale
from dashboards.report.exercises import plan_view
from dashboards.report.metrics import METRICS, MINUS
from dashboards.report.provenance import provenance_lines, provenance_short
from dashboards.report.roll import roll_chart, roll_of, roll_rows
from dashboards.report.sheet import HEADINGS, NONE, sheet_rows
from dashboards.report.soap import NOTHING_SAID, soap
from dashboards.report.sparkline import sparkline
from dashboards.report.strips import (
    Strip,
    brackets_of,
    drawn,
    strip_rows,
    strips_of,
)
from tests.dashboards.report_advice import checked_meta, track
from tests.dashboards.report_cases import everything, first_run, told, with_watch
from tests.dashboards.runs import (
    START_NS,
    Shelf,
    angle,
    balance,
    finding,
    full_run,
    own,
    page_of,
    quality,
    rolls,
    session,
    words_of,
)


def cell(rows: list[list[str]], metric: str, heading: str) -> str:
    row = next(r for r in rows if r[0].startswith(metric))
    return row[HEADINGS.index(heading)]


# ---- every comparison ----


def test_the_screen_has_every_metric_with_every_figure() -> None:
    rows = sheet_rows(everything())
    assert [r[0].split(",")[0] for r in rows] == [
        m.label.split(",")[0] for m in METRICS
    ]
    assert {len(r) for r in rows} == {len(HEADINGS)}
    assert cell(rows, "Contact time", "CV left | right, %") == "4.0 | 4.2"
    assert cell(rows, "Contact time", "Symmetry angle, %") == f"{MINUS}1.0"
    assert cell(rows, "Contact time", "Own usual").endswith("7 runs")
    assert cell(rows, "Contact time", "z") == f"{MINUS}4.8"


def test_an_angle_has_no_share_of_its_mean_and_no_index() -> None:
    rows = sheet_rows(told(Shelf(session(), angle("toe_out_deg", -2.0))))
    assert cell(rows, "Toe-out", "CV left | right, %") == f"{NONE} | {NONE}"
    assert cell(rows, "Toe-out", "Index, %") == NONE
    assert cell(rows, "Toe-out", "Own usual") == NONE


@pytest.mark.parametrize(("is_flagged", "mark"), [(True, "yes"), (False, NONE)])
def test_a_flag_stands_only_where_the_rule_allows(is_flagged: bool, mark: str) -> None:
    shelf = Shelf(session(), balance(), own(is_flagged=is_flagged))
    assert cell(sheet_rows(told(shelf)), "Contact time", "Flag") == mark
    assert ("new: left longer †" in words_of(page_of(*shelf.kept))) == is_flagged


# ---- roll and course ----


def test_the_roll_is_drawn_left_solid_right_dashed_with_its_spread() -> None:
    drawing = roll_chart(roll_of(rolls()))
    assert re.findall(r'stroke="(#\w+)" stroke-width="1.6"[^>]*>', drawing) == [
        "#0072B2", "#D55E00",
    ]  # fmt: skip
    assert len(re.findall(r'stroke-dasharray="4 2"', drawing)) == 1
    assert drawing.count('fill-opacity=".18"') == 2
    assert "Left, solid: +6.9°" in drawing
    rows = roll_rows(roll_of(rolls()))
    assert [row[0] for row in rows] == [str(at) for at in range(0, 101, 10)]
    assert rows[5] == ["50", "+6.9 ± 1.6", "+4.6 ± 1.6"]


def test_a_foot_whose_roll_is_not_known_is_left_out_and_said() -> None:
    left = [r for r in rolls() if r.side == "left"]
    assert list(roll_of(left)) == ["left"]
    assert "Right" not in roll_chart(roll_of(left))
    assert "The roll of the shoes over ground contact is not known" in words_of(
        page_of(*full_run().kept)
    )


def place_of(drawing: str, name: str) -> tuple[float, float]:
    found = re.search(rf'<text x="([\d.]+)" y="([\d.]+)"[^>]*>{name}', drawing)
    assert found is not None
    return float(found[1]), float(found[2])


def late(side: str, base: float) -> list[RollRow]:
    """A curve that is highest at toe-off and has its top under load at 60 %."""
    return [
        replace(r, eversion_deg=base + 3 * (pct == 60) + 9 * (pct > 80))
        for r in rolls()
        if r.side == side and (pct := r.contact_pct) is not None
    ]


def test_a_name_stands_at_the_top_under_load_clear_of_both_curves() -> None:
    drawing = roll_chart(roll_of([*late("left", -6.0), *late("right", 0.0)]))
    x = Scale(0.0, 100.0, 24.0, 292.0)
    for name, words in (("Right, dashed", r"\+3.0°"), ("Left, solid", f"{MINUS}3.0°")):
        at, _ = place_of(drawing, f"{name}: {words}")
        assert at == pytest.approx(x(60), abs=0.1)
    _, left_y = place_of(drawing, "Left, solid")
    _, right_y = place_of(drawing, "Right, dashed")
    curves = re.findall(
        r'<path d="M([^"]*)" fill="none"[^>]*stroke-width="1.6"', drawing
    )
    near = [
        float(pair.split()[1])
        for path in curves
        for pair in path.split("L")
        if abs(float(pair.split()[0]) - x(60)) < 40
    ]
    assert right_y < min(near)  # letters stand on their line
    assert left_y - 6 > max(near)


def test_a_foot_whose_roll_is_withheld_is_named_beside_the_other() -> None:
    left = [r for r in rolls() if r.side == "left"]
    why = "pronation and toe-out: the axis of the swing is not clear"
    kept = [r for r in full_run().kept if not isinstance(r, QualityRow)]
    feet = (quality("left"), quality("right", withheld=f"flight time: clocks; {why}"))
    text = words_of(page_of(*kept, *left, *feet))
    assert f"Right foot: not drawn, {why}." in text
    assert "Left foot: not drawn" not in text


@pytest.mark.parametrize(
    ("minutes", "unit", "labels"),
    [
        (1.5, "s", ["0", "15", "30", "45", "60", "75"]),
        (8.0, "min", ["0", "2", "4", "6"]),
    ],
)
def test_the_axis_of_a_short_run_counts_seconds(
    minutes: float, unit: str, labels: list[str]
) -> None:
    points = [(0.25 + k / 2, 1.0, -1.0, 3.0) for k in range(int(2 * minutes))]
    drawing = course(points, 60 * minutes)
    bottom = re.findall(r'<text x="[\d.]+" y="100"[^>]*>([^<]+)<', drawing)
    assert bottom == [*labels, unit]


def test_speed_and_a_watch_lie_below_the_course_on_the_same_minutes() -> None:
    strips = strips_of(with_watch())
    assert [s.label for s in strips] == [
        "Speed, km/h", "Height, m", "Heart rate, beats/min",
    ]  # fmt: skip
    minutes = [minute for minute, _ in strips[1].points]
    assert minutes[:2] == [0.25, 0.75]
    assert 125 < strips[2].points[0][1] < 135
    rows = strip_rows(strips)
    assert rows[0][0] == "0.2"
    assert len(rows[0]) == 4
    assert [s.label for s in strips_of(first_run())] == ["Speed, km/h"]


def test_what_the_watch_recorded_before_the_run_is_not_of_the_run() -> None:
    early = TrackPoint(START_NS - 10**12, altitude_m=900.0)
    record = track()
    longer = replace_points(record, (early, *record.points))
    data = with_watch()
    shown = strips_of(replace(data, advice=replace(data.advice, track=longer)))
    assert max(value for _, value in shown[1].points) < 60


def replace_points(record: Track, points: tuple[TrackPoint, ...]) -> Track:
    return msgspec.structs.replace(record, points=points)


def test_first_and_last_third_are_bracketed_with_their_figures() -> None:
    first, last = brackets_of(first_run())
    assert first.words == f"first third {MINUS}3.1 [{MINUS}5.3, {MINUS}0.9]"
    assert (last.start, last.end) == (pytest.approx(2 / 3), 1.0)
    assert brackets_of(told(Shelf(session(), balance()))) == ()


def test_a_small_line_marks_this_run_and_up_is_its_own_side() -> None:
    up = sparkline([1.0, 1.2, 3.0], None, " %", "right")
    down = sparkline([-1.0, -1.2, -3.0], None, " %", "left")
    place = re.compile(r'<circle cx="106" cy="([\d.]+)"')
    found = [place.search(drawing) for drawing in (up, down)]
    assert [m[1] for m in found if m] == ["5", "5"]
    assert f"{MINUS}1.0, {MINUS}1.2, {MINUS}3.0 %" in down
    assert sparkline([1.0], None, " %") == ""
    assert sparkline([float("nan"), 1.0], own(), " %") == ""


# ---- what else, who said what, where from ----


def test_what_is_not_told_stays_open_and_what_is_told_is_said() -> None:
    known = dict(confounder_rows(with_watch()))
    assert known["Surface"] == "trail"
    assert known["Road camber"] == "open: not told"
    assert known["Speed, cadence"].endswith("run at this pace on 14 Nov: contact "
                                            f"{MINUS}1.2 %")  # fmt: skip
    assert "by the watch" in known["Bends, slope"]
    assert known["Sensor seat"].startswith("fit check before the run: all good")
    assert known["Many metrics"].startswith("9 compared, 9 new")
    bare = dict(confounder_rows(first_run()))
    assert bare["Surface"] == bare["Road camber"] == "open: not told"
    assert bare["Sensor seat"] == "no fit check known; no shift seen"
    belt = told(Shelf(session(), balance(), checked_meta(surface="treadmill")))
    assert dict(confounder_rows(belt))["Road camber"] == "none"


def test_metres_up_and_down_are_counted_apart() -> None:
    heights = (10.0, 14.0, 12.0, None, 15.0)
    points = tuple(
        TrackPoint(START_NS + k * 10**9, altitude_m=height)
        for k, height in enumerate(heights)
    )
    assert climb_m(replace_points(track(), points), with_watch()) == (7.0, 2.0)
    assert climb_m(replace_points(track(), points[:1]), with_watch()) is None


def test_the_soap_block_says_what_was_told_measured_possible_and_planned() -> None:
    block = soap(everything(), None)
    assert block.said == (
        "Pain before the run 1 of 10. Pain after the run 2 of 10. Where: left calf. "
        "\u201cleft calf a bit tight\u201d"
    )
    measured = [" ".join(line.split()) for line in block.measured]
    assert measured[0].startswith(f"Contact time {MINUS}3.1 % [{MINUS}5.3, {MINUS}0.9]")
    assert block.measured[-1] == "Load left fore inner 37 % (usual 30)."
    assert [point for point, _ in block.ideas] == [
        "feet and ankles", "lower back, pelvis and hips",
    ]  # fmt: skip
    assert block.rest == "Knees, shoulders and head: not assessed."
    assert soap(first_run(), None).said == NOTHING_SAID
    page = words_of(page_of(*full_run().kept, told=everything().advice))
    assert "A · ideas to check, unconfirmed" in page
    assert "Possibly overactive: peroneals" in page


def test_a_shift_is_not_written_as_what_was_measured() -> None:
    data = everything()
    rows = (finding(code="TW-012", size=-8.6, since="new in this run"),
            finding(code="TW-013", size=-6.6))  # fmt: skip
    clear = replace(data.balance["contact_time_s"], ci_low=-5.3, ci_high=-0.9)
    lines = soap(replace(data, findings=rows, balance={"contact_time_s": clear}),
                 None).measured  # fmt: skip
    whole, new, grew = (" ".join(line.split()) for line in lines[:3])
    assert whole.startswith(f"Contact time {MINUS}3.1 %")
    assert "points" in new
    assert "against usual, first noticed in this run." in new
    assert "points" in grew
    assert "from first to last third" in grew


def test_where_nothing_was_compared_nothing_is_said_to_stand_out() -> None:
    data = replace(everything(), session=session(verdict="not enough good data"))
    assert soap(data, None).measured == ("Left and right were not compared.",)


def test_where_it_comes_from_names_sensors_losses_accuracy_and_method() -> None:
    data = everything()
    text = " ".join(provenance_lines(data))
    for words in (
        "Left shoe: treadwear-v1, firmware 1.0, 200 Hz", "lost 0.1 %",
        "battery 84 %, clock ± 1.1 ms", "calibration good, axes from standing",
        "Contact time against force plates: +0.5 ms (SD 4.1, 13 treadmill runners",
        "Values differ between brands.", "raw sha256 41be41be41be", "Method 0.1.0",
    ):  # fmt: skip
        assert words in text
    short = " ".join(provenance_short(data))
    assert len(short) < 0.5 * len(text)
    assert "Left shoe: treadwear-v1, firmware 1.0, 200 Hz, lost 0.1 %." in short
    assert "Method 0.1.0 and raw sha256 41be41be41be" in short
    page = words_of(page_of(*full_run().kept))
    assert page.index("Where this comes from, in full") > page.index("All figures")
    tuned = replace(data, session=session(settings_hash="16e53412ae92"))
    assert "settings 16e53412ae92" in " ".join(provenance_lines(tuned))
    bare = " ".join(provenance_lines(first_run()))
    assert "sha256" not in bare
    assert "force plates" not in bare


def test_the_plan_of_the_block_names_its_steps_and_days() -> None:
    data = everything()
    block = soap(data, plan_view(data, "ana-1"))
    assert block.plan == (
        "Roll the outer calf (right side), Calf stretch (right side), Heel raise (both "
        "sides), Balance and reach (left side). Sat 5 Dec 2026: first look. Sat 19 Dec "
        "2026: re-test, by 2 Jan."
    )


def test_a_speed_that_hardly_varies_is_not_blown_up() -> None:
    steady = Strip("Speed, km/h", ((0.25, 15.31), (0.75, 15.33)), 1, least=1.0)
    marks = "".join(drawn(steady, Scale(0.0, 1.0, 24.0, 292.0), 0.0))
    ends = re.findall(r'<text x="21"[^>]*>([\d.]+)<', marks)
    assert ends == ["15.3"]
    line = re.search(r'<path d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"', marks)
    assert line is not None
    assert abs(float(line[2]) - float(line[4])) < 0.5
