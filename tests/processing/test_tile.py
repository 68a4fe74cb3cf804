from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from collector.simulated.traits import draw_runner
from collector.simulated.worn import both_on, swapped
from contract.messages import LightInfo, LiveTile
from contract.model import ImuBatch, Slot
from contract.units import NS_PER_S
from contract.verdicts import LEFT_LONGER
from processing.pipeline import FEET, SessionAnalysis
from processing.tile import live_tile
from tests.processing.simulated_run import SimulatedRun, clean, make_run, meta_of

Simulate = Callable[..., Any]
Batches = dict[Slot, list[ImuBatch]]


def until(run: Any, seconds: float, *feet: Slot) -> Batches:  # noqa: ANN401
    """Give what those feet had sent by a time of the run."""
    end_ns = run.meta.origin_ns + round(seconds * NS_PER_S)
    return {
        slot: [batch for batch in run.batches[slot] if batch.t0_ns < end_ns]
        for slot in feet or FEET
    }


def analysis_of(run: Any, batches: Batches) -> SessionAnalysis:  # noqa: ANN401
    analysis = SessionAnalysis(run.meta)
    for slot, part in batches.items():
        analysis.push(slot, part)
    return analysis


def tile_of(run: Any, batches: Batches, *, is_over: bool = False) -> LiveTile:  # noqa: ANN401
    tile = live_tile(analysis_of(run, batches), is_over=is_over)
    assert tile is not None
    return tile


@pytest.fixture(scope="module")
def run(simulate: Simulate) -> Any:  # noqa: ANN401
    return simulate(10, 60.0, asymmetry_pct=8.0)


def test_before_any_data_there_is_no_tile(run: Any) -> None:  # noqa: ANN401
    assert live_tile(SessionAnalysis(run.meta), is_over=False) is None


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(3, "calibrating"), (15, "calibrating"), (25, "warming"), (60, "live")],
)
def test_the_state_follows_what_is_known(run: Any, seconds: float, state: str) -> None:  # noqa: ANN401
    assert tile_of(run, until(run, seconds)).state == state


def test_while_calibrating_no_number_is_shown(run: Any) -> None:  # noqa: ANN401
    tile = tile_of(run, until(run, 15))
    assert tile.cadence_spm is None
    assert tile.contact_left_ms is tile.contact_right_ms is None
    assert tile.asi_pct is tile.ci_low is tile.ci_high is None


def test_while_warming_up_the_asymmetry_is_still_held_back(run: Any) -> None:  # noqa: ANN401
    tile = tile_of(run, until(run, 25))
    assert tile.asi_pct is None
    assert tile.n_pairs < tile.pairs_needed
    assert tile.cadence_spm is not None


def test_a_live_tile_shows_the_last_half_minute(run: Any) -> None:  # noqa: ANN401
    tile = tile_of(run, until(run, 60))
    analysis = analysis_of(run, until(run, 60))
    now_ns = tile.data_t_ns - run.meta.origin_ns
    window = analysis.compare(start_ns=now_ns - 30 * NS_PER_S)["contact_time_s"]
    assert tile.asi_pct == window.asi_pct
    assert (tile.ci_low, tile.ci_high) == (window.ci_low, window.ci_high)
    assert tile.n_pairs == window.n_pairs >= tile.pairs_needed
    assert tile.window_s == 30
    assert tile.asi_pct is not None
    assert tile.asi_pct > 3, "the right foot stays longer, so the sign is +"
    assert tile.contact_left_ms is not None
    assert tile.contact_right_ms is not None
    assert tile.contact_left_ms < tile.contact_right_ms
    assert tile.cadence_spm == pytest.approx(run.truth.cadence_spm, rel=0.01)
    assert tile.elapsed_s == pytest.approx(60, abs=0.3)


def test_the_newest_sample_dates_the_tile(run: Any) -> None:  # noqa: ANN401
    seen_s = (tile_of(run, until(run, 40)).data_t_ns - run.meta.origin_ns) / NS_PER_S
    assert seen_s == pytest.approx(40, abs=0.15)


@pytest.mark.parametrize("foot", FEET)
def test_one_foot_alone_makes_no_left_right_claim(run: Any, foot: Slot) -> None:  # noqa: ANN401
    tile = tile_of(run, until(run, 60, foot))
    other = "right" if foot is Slot.LEFT else "left"
    assert tile.state == "one_foot"
    assert tile.note == f"no data from the {other} sensor"
    assert tile.asi_pct is tile.ci_low is tile.ci_high is None
    contacts = {Slot.LEFT: tile.contact_left_ms, Slot.RIGHT: tile.contact_right_ms}
    assert contacts[foot] is not None
    assert contacts[Slot.from_word(other)] is None


def test_a_sensor_that_starts_a_moment_later_is_not_called_missing(run: Any) -> None:  # noqa: ANN401
    assert tile_of(run, until(run, 2, Slot.LEFT)).state == "calibrating"


def test_a_sensor_that_falls_silent_is_named_after_three_seconds(run: Any) -> None:  # noqa: ANN401
    left = until(run, 60, Slot.LEFT)
    assert tile_of(run, left | until(run, 57.5, Slot.RIGHT)).state == "live"
    silent = tile_of(run, left | until(run, 56.5, Slot.RIGHT))
    assert silent.state == "one_foot"
    assert silent.note == "no data from the right sensor"
    assert silent.asi_pct is None


def test_a_sensor_that_is_too_slow_is_named_with_the_reason(simulate: Simulate) -> None:
    slow = simulate(5, 40.0, rate_hz=50.0)
    tile = tile_of(slow, until(slow, 40))
    assert tile.state == "one_foot"
    assert "left: sampling rate too low" in tile.note
    assert tile.contact_left_ms is None


def test_a_walk_is_called_a_walk_and_shows_no_numbers(simulate: Simulate) -> None:
    """The same movement at .55 of the speed: strides of 1.2 s are no running."""
    fast = simulate(5, 60.0)
    period_ns = round(NS_PER_S / 110)
    slow = {
        slot: [
            replace(
                batch, rate_hz=110.0, t0_ns=batches[0].t0_ns + k * batch.n * period_ns
            )
            for k, batch in enumerate(batches)
        ]
        for slot, batches in fast.batches.items()
    }
    tile = tile_of(fast, slow)
    assert tile.state == "walking"
    assert tile.asi_pct is tile.contact_left_ms is tile.contact_right_ms is None


def test_an_ended_run_shows_no_asymmetry_of_its_last_seconds(run: Any) -> None:  # noqa: ANN401
    tile = tile_of(run, until(run, 60), is_over=True)
    assert tile.state == "ended"
    assert tile.asi_pct is None
    assert tile.note == ""


def test_what_the_session_says_of_itself_is_on_the_tile(run: Any) -> None:  # noqa: ANN401
    meta = msgspec.structs.replace(run.meta, name="Ana")
    analysis = analysis_of(run, until(run, 5))
    analysis.meta = meta
    tile = live_tile(analysis, is_over=False)
    assert tile is not None
    assert (tile.runner, tile.session, tile.name) == ("ana", "s1", "Ana")
    assert tile.shoe == "blue"
    assert tile.simulated
    assert tile.consent_live


@pytest.mark.parametrize("is_over", [False, True])
def test_of_who_is_not_to_be_watched_there_is_neither_name_nor_figure(
    run: Any,  # noqa: ANN401
    is_over: bool,
) -> None:
    analysis = analysis_of(run, until(run, 60))
    analysis.meta = msgspec.structs.replace(run.meta, name="Ana", consent_live=False)
    light = LightInfo(state="check", code=LEFT_LONGER, text="Left foot longer")
    tile = live_tile(analysis, is_over=is_over, light=light)
    assert tile is not None
    said = msgspec.to_builtins(tile)
    moments = {said.pop("t_ns"), said.pop("data_t_ns")}
    assert len(moments) == 1
    assert said.pop("state") == ("ended" if is_over else "calibrating")
    blank = LiveTile(
        runner="ana",
        session="s1",
        name="",
        state="live",
        t_ns=0,
        data_t_ns=0,
        elapsed_s=0.0,
        window_s=0.0,
        n_pairs=0,
        pairs_needed=0,
        simulated=True,
        consent_live=False,
    )
    expected = msgspec.to_builtins(blank)
    assert said == {name: expected[name] for name in said}
    assert "Ana" not in repr(tile)
    assert "foot" not in repr(tile)


def test_a_runner_without_a_name_is_shown_by_its_id(run: Any) -> None:  # noqa: ANN401
    assert tile_of(run, until(run, 5)).name == "ana"


@pytest.fixture(scope="module")
def hip(simulate: Simulate) -> Any:  # noqa: ANN401
    return simulate(5, 60.0, slots=tuple(Slot))


def test_a_hip_alone_shows_cadence_and_never_left_against_right(hip: Any) -> None:  # noqa: ANN401
    tile = tile_of(hip, until(hip, 60, Slot.HIP))
    assert tile.state == "one_foot"
    assert tile.note.startswith("hip only")
    assert tile.asi_pct is tile.contact_left_ms is tile.contact_right_ms is None
    assert tile.n_pairs == 0
    assert tile.cadence_spm == pytest.approx(hip.truth.cadence_spm, rel=0.02)
    assert tile_of(hip, until(hip, 60, Slot.HIP), is_over=True).state == "ended"


def test_a_hip_alone_that_stands_is_not_said_to_run(hip: Any) -> None:  # noqa: ANN401
    tile = tile_of(hip, until(hip, 3, Slot.HIP))
    assert (tile.state, tile.note) == ("calibrating", "hip only")
    assert tile.cadence_spm is None


def test_a_hip_beside_shoes_changes_nothing_of_the_tile(hip: Any) -> None:  # noqa: ANN401
    assert tile_of(hip, until(hip, 60, *Slot)) == tile_of(hip, until(hip, 60))


@pytest.fixture(scope="module")
def misplaced() -> dict[str, SimulatedRun]:
    """Runs with sensors on the wrong feet."""
    traits = draw_runner(10)
    worn = {"swapped": swapped(), "one foot": both_on(Slot.LEFT)}
    return {
        name: make_run(traits, 10, 60.0, clean(worn=how), meta_of("s1"))
        for name, how in worn.items()
    }


def test_both_sensors_on_one_foot_are_said_and_not_compared(
    misplaced: dict[str, SimulatedRun],
) -> None:
    run = misplaced["one foot"]
    tile = tile_of(run, until(run, 60))
    assert tile.state == "one_foot"
    assert tile.note == "both may be on one foot"
    assert tile.asi_pct is None


def test_sensors_that_may_be_swapped_show_no_figure_of_either_side(
    misplaced: dict[str, SimulatedRun],
) -> None:
    run = misplaced["swapped"]
    tile = tile_of(run, until(run, 60))
    assert tile.state == "in_doubt"
    assert tile.note == "the left and right sensors may be swapped"
    assert (tile.asi_pct, tile.ci_low, tile.ci_high) == (None, None, None)
    assert (tile.contact_left_ms, tile.contact_right_ms) == (None, None)


CHECK = LightInfo(
    state="check",
    code=LEFT_LONGER,
    text="Left foot 6.0 points longer.",
    since_ns=7,
    usual_pct=1.0,
    band_low_pct=-1.0,
    band_high_pct=3.0,
    shift_pct=-6.0,
    baseline_runs=6,
)
STEADY = msgspec.structs.replace(CHECK, state="steady", code="", since_ns=0)


@pytest.mark.parametrize("light", [CHECK, STEADY])
def test_a_live_tile_shows_the_light_as_it_is(run: Any, light: LightInfo) -> None:  # noqa: ANN401
    tile = live_tile(analysis_of(run, until(run, 60)), is_over=False, light=light)
    assert tile is not None
    assert tile.light == light


def lights(run: Any, light: LightInfo) -> dict[str, LightInfo]:  # noqa: ANN401
    """Give the light of tiles without a comparison, by their state."""
    some = [until(run, 15), until(run, 25), until(run, 60, Slot.LEFT), until(run, 60)]
    tiles = [
        live_tile(analysis_of(run, part), is_over=part is some[-1], light=light)
        for part in some
    ]
    return {tile.state: tile.light for tile in tiles if tile is not None}


def test_without_a_comparison_there_is_no_light_and_the_reason_is_said(
    run: Any,  # noqa: ANN401
) -> None:
    shown = lights(run, STEADY)
    assert list(shown) == ["calibrating", "warming", "one_foot", "ended"]
    assert {light.state for light in shown.values()} == {"none"}
    assert {light.shift_pct for light in shown.values()} == {None}
    assert {light.usual_pct for light in shown.values()} == {None}
    assert shown["one_foot"].text == "no data from the right sensor"
    assert shown["warming"].text.startswith("warming up")
    assert shown["ended"].text == "the run is over"
    assert len({light.text for light in shown.values()}) == 4


def test_a_light_that_is_on_stays_on_and_its_reading_does_not(run: Any) -> None:  # noqa: ANN401
    for state, light in lights(run, CHECK).items():
        assert (light.state, light.code, light.since_ns) == ("check", LEFT_LONGER, 7)
        assert light.shift_pct is None, state
        assert light.text != CHECK.text, state
