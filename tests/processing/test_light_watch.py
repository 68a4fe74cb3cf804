"""The light on simulated runs: when it looks, what it looks at, what it says."""

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.simulated.course import Course, Segment
from collector.simulated.traits import draw_runner
from collector.simulated.worn import both_on, swapped
from contract.messages import Event
from contract.model import ImuBatch, Slot
from contract.rows import EventRow
from contract.units import NS_PER_S
from contract.verdicts import ALERT_CLEARED, ALERT_RAISED, MAIN_METRIC, RIGHT_LONGER
from processing.baseline import EarlierRun
from processing.light import LightSettings
from processing.light_watch import LightWatch, messages_of
from processing.light_window import LightWindow, misplaced
from processing.pace import cadence_spm
from processing.pipeline import FEET, SessionAnalysis
from processing.settings import BalanceSettings
from tests.processing.simulated_run import (
    SimulatedRun,
    clean,
    make_run,
    meta_of,
    remembered_run,
)

QUICK = LightSettings(
    window_s=30.0, every_s=5.0, raise_after_s=20.0, clear_after_s=20.0, apart_s=60.0
)
"""The same rule in a quarter of the time, for runs of a minute or two."""
Batches = list[tuple[Slot, list[ImuBatch]]]


@pytest.fixture(scope="module")
def run() -> SimulatedRun:
    """Ninety seconds whose right contacts are 8 % longer."""
    return remembered_run(10, 90.0, 200.0, 8.0, "s1")


def analysed(run: SimulatedRun) -> SessionAnalysis:
    analysis = SessionAnalysis(run.meta)
    for slot, batches in run.batches.items():
        analysis.push(slot, batches)
    analysis.flush()
    return analysis


def earlier(
    run: SimulatedRun, usual: float = 1.0, n: int = 6, shoe: str = "blue"
) -> list[EarlierRun]:
    """Runs at the pace of this one, around the usual."""
    sizes = usual + 0.5 * np.array([1, -1, 0.5, -0.5, 0.8, -0.8])
    pace = cadence_spm(analysed(run))
    day_ns = 86_400 * NS_PER_S
    return [
        EarlierRun(
            f"d{day}",
            run.meta.origin_ns - (n - day) * day_ns,
            shoe,
            None,
            pace,
            {MAIN_METRIC: float(size)},
            {MAIN_METRIC: 0.4},
        )
        for day, size in enumerate(sizes[:n])
    ]


def watched(
    run: SimulatedRun, runs: list[EarlierRun], how: LightSettings = QUICK
) -> tuple[LightWatch, list[EventRow]]:
    analysis, watch = analysed(run), LightWatch(runs, how)
    watch.look(analysis, is_over=True)
    return watch, watch.take_rows(analysis)


def test_the_window_is_that_of_the_comparison_to_the_bit(run: SimulatedRun) -> None:
    analysis = analysed(run)
    span = 40 * NS_PER_S, 70 * NS_PER_S
    found = LightWindow.of(analysis, *span).balance(BalanceSettings())
    assert found == analysis.compare(*span)[MAIN_METRIC]


def test_a_run_far_from_her_usual_lights_it_once(run: SimulatedRun) -> None:
    watch, (row,) = watched(run, earlier(run))
    assert (row.kind, row.code, row.side) == (ALERT_RAISED, RIGHT_LONGER, "both")
    at_s = (row.time_ns - run.meta.origin_ns) / NS_PER_S
    assert at_s % 5 == 0
    assert 45 <= at_s <= 75
    light = watch.info(run.meta.origin_ns)
    assert (light.state, light.code) == ("check", RIGHT_LONGER)
    assert light.since_ns == row.time_ns
    assert light.baseline_runs == 6
    assert light.usual_pct == pytest.approx(1.0, abs=0.3)
    assert light.shift_pct is not None
    assert light.shift_pct > 5.0
    assert light.text.startswith("Right foot ")
    event = Event(kind="alert_raised", t_ns=row.time_ns, text=row.text, code=row.code)
    other = replace(row, kind="gap", code=None)
    assert messages_of([other, row]) == [("treadwear/v1/ana/s1/event", event)]


def test_a_run_as_usual_lights_nothing(run: SimulatedRun) -> None:
    window = LightWindow.of(analysed(run), 40 * NS_PER_S, 70 * NS_PER_S)
    found = window.balance(BalanceSettings())
    assert found is not None
    watch, rows = watched(run, earlier(run, usual=found.size))
    assert rows == []
    light = watch.info(run.meta.origin_ns)
    assert (light.state, light.code, light.since_ns) == ("steady", "", 0)
    assert light.band_low_pct is not None
    assert light.band_high_pct is not None
    assert light.band_low_pct < found.size < light.band_high_pct


@pytest.mark.parametrize("n", [0, 2, 4])
def test_before_five_earlier_runs_only_their_number_is_said(
    run: SimulatedRun, n: int
) -> None:
    runs = earlier(run, n=n) + earlier(run, shoe="red")
    watch, rows = watched(run, runs)
    light = watch.info(run.meta.origin_ns)
    assert rows == []
    assert (light.state, light.baseline_runs) == ("none", n)
    assert light.text == f"{n} of 5 earlier runs in this shoe at this pace"
    assert light.usual_pct is light.band_low_pct is light.shift_pct is None


def until(run: SimulatedRun, seconds: float, *feet: Slot) -> Batches:
    end_ns = run.meta.origin_ns + round(seconds * NS_PER_S)
    return [(s, [b for b in run.batches[s] if b.t0_ns < end_ns]) for s in feet or FEET]


def test_before_enough_running_it_says_that_it_warms_up(run: SimulatedRun) -> None:
    analysis, watch = SessionAnalysis(run.meta), LightWatch(earlier(run))
    said = [watch.info(0)]
    for slot, batches in until(run, 60):
        analysis.push(slot, batches)
        watch.look(analysis)
        said.append(watch.info(0))
    assert {light.state for light in said} == {"none"}
    assert {light.text for light in said} == {"warming up: 2 min of running come first"}


class NotingWatch(LightWatch):
    """Notes what it finds at each time."""

    def _find(self, analysis: SessionAnalysis, t_ns: int) -> object:
        found = super()._find(analysis, t_ns)
        self.__dict__.setdefault("found", []).append((t_ns, found))
        return found


def looked(
    run: SimulatedRun, portions: Batches, runs: list[EarlierRun]
) -> list[object]:
    """Give rows and all readings of a run whose frames came in these portions."""
    analysis, watch = SessionAnalysis(run.meta), NotingWatch(runs, QUICK)
    rows: list[object] = []
    for slot, batches in portions:
        if batches:
            analysis.push(slot, batches)
        watch.look(analysis)
        rows += watch.take_rows(analysis)
    analysis.flush()
    watch.look(analysis, is_over=True)
    return [*rows, *watch.take_rows(analysis), *watch.found]


@lru_cache(maxsize=1)
def pausing_run() -> SimulatedRun:
    """Give a run, a walk of half a minute, and running again."""
    course = Course((Segment("run", 75), Segment("walk", 30), Segment("run", 75)))
    traits = draw_runner(10, contact_asymmetry_pct=8.0)
    return make_run(traits, 10, 180.0, clean(course=course), meta_of("s1"))


@lru_cache(maxsize=1)
def earlier_of_pausing() -> list[EarlierRun]:
    return earlier(pausing_run())


@lru_cache(maxsize=1)
def all_at_once() -> list[object]:
    run = pausing_run()
    return looked(run, until(run, 1e6), earlier_of_pausing())


CUTS = st.lists(st.floats(0, 1), max_size=30)


@given(left=CUTS, right=CUTS, is_right_first=st.booleans())
@settings(max_examples=15)
def test_no_portioning_changes_when_the_light_goes_on(
    left: list[float], right: list[float], is_right_first: bool
) -> None:
    run, parts = pausing_run(), []
    for slot, cuts in ((Slot.LEFT, left), (Slot.RIGHT, right)):
        batches = run.batches[slot]
        ends = sorted({0, *(round(c * len(batches)) for c in cuts), len(batches)})
        turn = (slot is Slot.RIGHT) != is_right_first
        parts += [(b, turn, slot, batches[a:b]) for a, b in pairwise(ends)]
    portions = [(slot, some) for *_, slot, some in sorted(parts, key=lambda p: p[:2])]
    assert looked(run, portions, earlier_of_pausing()) == all_at_once()


def test_the_run_that_is_portioned_lights_it() -> None:
    rows = [row for row in all_at_once() if isinstance(row, EventRow)]
    assert [row.kind for row in rows] == [ALERT_RAISED]
    assert len(all_at_once()) > 30


def test_one_foot_long_before_the_other_gives_the_same_rows(run: SimulatedRun) -> None:
    runs = earlier(run)
    one_first = looked(
        run, [*until(run, 1e6, Slot.RIGHT), *until(run, 1e6, Slot.LEFT)], runs
    )
    assert one_first == looked(run, until(run, 1e6), runs) != []


def test_a_walk_is_no_reading_and_keeps_a_light_on() -> None:
    pausing = pausing_run()
    analysis = SessionAnalysis(pausing.meta)
    watch = LightWatch(earlier_of_pausing(), QUICK)
    states = []
    ends = [pausing.meta.origin_ns + s * NS_PER_S for s in range(0, 185, 5)]
    for since_ns, until_ns in pairwise(ends):
        for slot in FEET:
            new = [b for b in pausing.batches[slot] if since_ns <= b.t0_ns < until_ns]
            analysis.push(slot, new)
        watch.look(analysis)
        states.append(watch.info(0))
    on = [light.state == "check" for light in states]
    assert on == sorted(on), "once on it stays on through the walk"
    assert any(s.state == "check" and "poor data" in s.text for s in states)
    assert all(s.shift_pct is None for s in states if "poor data" in s.text)
    assert all(s.usual_pct is not None for s in states if s.state == "check")


def test_steps_of_one_foot_alone_light_nothing(run: SimulatedRun) -> None:
    alone = run.only(Slot.LEFT)
    watch, rows = watched(alone, earlier(run))
    assert (rows, watch.info(0).state) == ([], "none")


@pytest.fixture(scope="module")
def gapped(run: SimulatedRun) -> SimulatedRun:
    """The right sensor breaks off for three of every six seconds."""
    begin_ns = run.meta.origin_ns
    kept = [
        b for b in run.batches[Slot.RIGHT] if (b.t0_ns - begin_ns) // NS_PER_S % 6 < 3
    ]
    return replace(run, batches={**run.batches, Slot.RIGHT: kept})


def test_half_of_the_steps_are_too_few(run: SimulatedRun, gapped: SimulatedRun) -> None:
    watch, rows = watched(gapped, earlier(run))
    assert rows == []
    assert watch.info(0).text.startswith("poor data")


def test_pairs_are_asked_for_and_so_is_a_share_of_the_steps(
    gapped: SimulatedRun,
) -> None:
    window = LightWindow.of(analysed(gapped), 40 * NS_PER_S, 70 * NS_PER_S)
    few_pairs, few_steps = {"live_pairs": 5}, {"least_coverage": 0.1}
    assert window.balance(BalanceSettings(**few_pairs)) is None
    assert window.balance(BalanceSettings(**few_steps)) is None
    assert window.balance(BalanceSettings(**few_pairs, **few_steps)) is not None


@pytest.mark.parametrize(
    ("worn", "says"),
    [
        (both_on(Slot.LEFT), "perhaps both on one foot"),
        (swapped(), "perhaps on the wrong feet"),
    ],
)
def test_sensors_in_the_wrong_place_light_nothing(worn: dict, says: str) -> None:
    traits = draw_runner(10, contact_asymmetry_pct=8.0)
    run = make_run(traits, 10, 250.0, clean(worn=worn), meta_of("s1"))
    watch, rows = watched(run, earlier(run), LightSettings())
    assert rows == []
    assert watch.info(0).text == f"sides in doubt: {says}"


def test_angles_that_a_slip_may_still_take_back_say_nothing_of_sides() -> None:
    """The last 200 contacts of a foot; 30 before these are needed to say anything."""
    traits = draw_runner(10, contact_asymmetry_pct=8.0)
    analysis = analysed(
        make_run(traits, 10, 250.0, clean(worn=swapped()), meta_of("s1"))
    )
    later = max(int(analysis.contacts(slot).ic_ns[260]) for slot in FEET)
    early = max(int(analysis.contacts(slot).ic_ns[205]) for slot in FEET)
    assert misplaced(analysis, 0, later) != ""
    assert misplaced(analysis, 0, early) == ""


def test_a_clock_that_leaps_by_a_year_is_not_followed_step_by_step(
    run: SimulatedRun,
) -> None:
    year_ns = 365 * 86_400 * NS_PER_S
    batches = {
        slot: [
            *own[:600],
            *(
                replace(b, epoch=1, seq=k, t0_ns=b.t0_ns + year_ns)
                for k, b in enumerate(own[600:])
            ),
        ]
        for slot, own in run.batches.items()
    }
    watch, rows = watched(replace(run, batches=batches), earlier(run))
    assert [row.kind for row in rows] in ([], [ALERT_RAISED])
    assert watch.info(0).state in ("none", "check", "drifting")


def test_the_light_goes_out_when_she_is_back(run: SimulatedRun) -> None:
    """The usual of these runs lies where she runs after a minute, not before."""
    traits = draw_runner(10, contact_asymmetry_pct=8.0, asymmetry_drift_pct=-60.0)
    back = make_run(traits, 10, 180.0, clean(), meta_of("s1"))
    _, rows = watched(back, earlier(run, usual=-4.0))
    assert [row.kind for row in rows][:2] == [ALERT_RAISED, ALERT_CLEARED]
    assert {row.code for row in rows[:2]} == {RIGHT_LONGER}
    assert len({(row.time_ns, row.kind) for row in rows}) == len(rows)
