"""The promise of the pipeline: live equals offline, to the bit, whatever the wire did.

Runs with gaps, a hip sensor, a sensor that slips, without standing are sent in any
portions, out of order, doubled, in frames of another size; the rows that are left in
the store must be those of the analysis at once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from collector.simulated.course import Course, Segment
from collector.simulated.traits import draw_runner
from collector.simulated.worn import Slip, Worn
from contract import wire
from contract.model import FrameFlag, ImuBatch, Slot
from contract.people import Mount
from contract.rows import (
    BalanceRow,
    BaselineRow,
    EventRow,
    FindingRow,
    HipStepRow,
    QualityRow,
    Row,
    SessionRow,
    StepRow,
    WearRow,
)
from contract.schema import BY_ROW
from contract.units import NS_PER_S
from processing.baseline import EarlierRun
from processing.conclusion import Conclusion
from processing.offline import all_rows, analyse_frames
from processing.past import Past
from processing.session import LiveSession
from processing.settings import Settings
from processing.store.base import LostFrames, RawFrame
from tests.processing.simulated_run import (
    ORIGIN_NS,
    SimulatedRun,
    clean,
    make_run,
    meta_of,
)

Simulate = Callable[..., Any]
Table = dict[tuple[object, ...], Row]
GAPS = [
    LostFrames("s1", Slot.LEFT, 0, 251, 262),
    LostFrames("s1", Slot.RIGHT, 0, 120, 120),
]


def upsert(table: Table, rows: Iterable[Row]) -> Table:
    """What a store holds after these rows were written too."""
    for row in rows:
        key = (type(row), *(getattr(row, k) for k in BY_ROW[type(row)].keys))
        table[key] = row
    return table


def results(table: Table) -> set[Row]:
    """Give all rows, less what counts packets: how often and how large they came."""
    counted = {"frames": 0, "clipped": 0, "duplicates": 0, "reordered": 0}
    return {
        replace(row, **counted) if isinstance(row, QualityRow) else row
        for row in table.values()
    }


@pytest.fixture(scope="module")
def run(simulate: Simulate) -> Any:  # noqa: ANN401 - conftest's SimulatedRun
    return simulate(5, 40.0, asymmetry_pct=6.0)


@pytest.fixture(scope="module")
def gapped(run: Any) -> list[RawFrame]:  # noqa: ANN401
    """Give the frames that are left of the run."""
    gone = {
        (gap.slot, seq)
        for gap in GAPS
        for seq in range(gap.first_seq, gap.last_seq + 1)
    }
    return [frame for frame in run.frames() if (frame.slot, frame.seq) not in gone]


@pytest.fixture(scope="module")
def offline(run: Any, gapped: list[RawFrame]) -> set[Row]:  # noqa: ANN401
    rows = all_rows(analyse_frames(run.meta, gapped, GAPS))
    return results(upsert({}, rows))


def test_the_run_under_test_is_worth_testing(offline: set[Row]) -> None:
    quality = {r.side: r for r in offline if isinstance(r, QualityRow)}
    assert quality["left"].gaps == quality["right"].gaps == 1
    assert sum(isinstance(r, StepRow) for r in offline) > 80
    windows = {"run", "30s", "first_third", "last_third", "change"}
    assert {r.window for r in offline if isinstance(r, BalanceRow)} == windows
    angles = [r for r in offline if isinstance(r, StepRow) and r.strike_angle_deg]
    assert len(angles) > 60


def live_rows(
    run: Any,  # noqa: ANN401
    portions: list[list[RawFrame]],
    lost: dict[int, list[LostFrames]],
    described_at: int,
    past: Past | None = None,
) -> set[Row]:
    """Rows after a live run whose messages came in these portions."""
    session, table = LiveSession(Settings(), past or Past(), runner="ana"), {}
    for number, portion in enumerate(portions):
        if number == described_at:
            session.describe(run.meta)
        for frame in portion:
            session.stream(frame.slot).accept(wire.decode(frame.payload))
        for gap in lost.get(number, []):
            session.stream(gap.slot).lose(gap.epoch, gap.first_seq, gap.last_seq)
        session.analyse()
        upsert(table, session.new_rows())
        if number % 7 == 0:
            upsert(table, session.summary())
    session.finish()
    upsert(table, session.new_rows())
    return results(upsert(table, session.summary()))


@dataclass(frozen=True)
class Journey:
    """What a run's frames go through on their way.

    ``window`` frames may change places, ``repeats`` come twice; ``told_at`` and
    ``described_at`` are the shares of the run at which losses and description come.
    """

    seed: int
    window: int
    repeats: int
    n_portions: int
    told_at: float
    described_at: float


def on_the_wire(
    frames: list[RawFrame], rng: np.random.Generator, journey: Journey
) -> list[RawFrame]:
    """Both feet's frames as they come: about in order of time, some twice."""
    again = [frames[k] for k in rng.integers(0, len(frames), journey.repeats)]
    sent = frames + again
    order = np.argsort([f.seq + rng.uniform(0, journey.window + 0.5) for f in sent])
    return [sent[k] for k in order]


JOURNEYS = st.builds(
    Journey,
    seed=st.integers(0, 2**32),
    window=st.sampled_from([0, 1, 8, 60]),
    repeats=st.sampled_from([0, 5, 100]),
    n_portions=st.sampled_from([1, 2, 9, 40, 150]),
    told_at=st.floats(0, 1),
    described_at=st.floats(0, 0.9),
)


def travelled(
    run: Any,  # noqa: ANN401
    frames: list[RawFrame],
    gaps: list[LostFrames],
    journey: Journey,
    past: Past | None = None,
) -> set[Row]:
    """Rows of a run whose frames made this journey."""
    rng = np.random.default_rng(journey.seed)
    wire_order = on_the_wire(frames, rng, journey)
    cuts = np.sort(rng.integers(0, len(wire_order), journey.n_portions - 1))
    ends = [0, *cuts.tolist(), len(wire_order)]
    portions = [wire_order[a:b] for a, b in pairwise(ends)]
    # Word of a loss comes when no frame of that range can come any more.
    last = len(portions) - 1
    lost = {round(journey.told_at * last): gaps}
    described_at = round(journey.described_at * last)
    return live_rows(run, portions, lost, described_at, past)


@given(journey=JOURNEYS)
@settings(max_examples=12)
def test_no_order_doubling_or_portioning_changes_a_row(
    run: Any,  # noqa: ANN401
    gapped: list[RawFrame],
    offline: set[Row],
    journey: Journey,
) -> None:
    assert travelled(run, gapped, GAPS, journey) == offline


class Travels:
    """A run that goes over the wire, what is known from before, and its rows."""

    def __init__(
        self, run: SimulatedRun, frames: list[RawFrame], past: Past, offline: set[Row]
    ) -> None:
        self.run = run
        self.frames = frames
        self.past = past
        self.offline = offline


RICH_GAPS = [
    LostFrames("s1", Slot.RIGHT, 0, 310, 322),
    LostFrames("s1", Slot.HIP, 0, 400, 401),
]


@pytest.fixture(scope="module")
def past(simulate: Simulate) -> Past:
    """Six earlier runs of the same runner, and how the sensors sat in the last one."""
    before = simulate(5, 60.0, asymmetry_pct=0.0)
    analysis = analyse_frames(before.meta, before.frames()).analysis
    assert analysis is not None
    about = Conclusion.of(analysis, Past()).about
    runs = [earlier(about, k) for k in range(1, 7)]
    return Past(runs={"shoes": runs}, mounts=mounts_of(analysis.mounts()))


def earlier(about: EarlierRun, days: int) -> EarlierRun:
    """A run like that one so many days before, a little different each time."""
    sizes = {name: size + 0.3 * (days % 3) for name, size in about.sizes.items()}
    time_ns = ORIGIN_NS - days * 86_400_000_000_000
    return replace(about, session=f"e{days}", time_ns=time_ns, sizes=sizes)


def mounts_of(mounts: Any) -> dict[Slot, Mount]:  # noqa: ANN401
    return {slot: mount for slot, mount in mounts.items() if slot.is_foot}


@pytest.fixture(scope="module")
def rich(past: Past) -> Travels:
    """Shoes and hip switched on in full run; the left sensor slips at 45 s."""
    slip = Slip(45.0, 35.0, axis=(1.0, 0.0, 0.0))
    how = clean(worn={Slot.LEFT: Worn(slip=slip)}, recorded_from_s=8.0)
    traits = draw_runner(5, contact_asymmetry_pct=6.0)
    run = make_run(traits, 5, 75.0, how, meta_of("s1"), slots=tuple(Slot))
    gone = {
        (gap.slot, seq)
        for gap in RICH_GAPS
        for seq in range(gap.first_seq, gap.last_seq + 1)
    }
    frames = [frame for frame in run.frames() if (frame.slot, frame.seq) not in gone]
    session = analyse_frames(run.meta, frames, RICH_GAPS, past=past)
    offline = results(upsert({}, all_rows(session)))
    return Travels(run, frames, past, offline)


def test_the_rich_run_holds_everything_that_can_go_another_way(rich: Travels) -> None:
    kinds = {type(row) for row in rich.offline}
    assert kinds >= {StepRow, HipStepRow, BaselineRow, FindingRow, WearRow}
    slips = [r for r in rich.offline if isinstance(r, EventRow) and r.kind == "slip"]
    assert [row.side for row in slips] == ["left"]
    quality = {r.side: r for r in rich.offline if isinstance(r, QualityRow)}
    for side in ("left", "right"):
        assert "no standing found" in quality[side].calibration + quality[side].mount
    assert quality["right"].gaps == quality["hip"].gaps == 1
    assert quality["right"].near_gaps > 0


# Without shrinking, which would take minutes: a failing journey says enough.
@given(journey=JOURNEYS)
@settings(max_examples=8, phases=(Phase.explicit, Phase.generate))
def test_hip_slip_gaps_and_the_past_are_the_same_live_and_offline(
    rich: Travels, journey: Journey
) -> None:
    live = travelled(rich.run, rich.frames, RICH_GAPS, journey, rich.past)
    assert differing(live, rich.offline) == []


def differing(live: set[Row], offline: set[Row]) -> list[str]:
    """Some of the rows that only one of the ways gave."""
    return sorted(repr(row)[:300] for row in live ^ offline)[:6]


def test_the_rich_run_in_small_portions_gives_the_same_rows(rich: Travels) -> None:
    in_time = sorted(rich.frames, key=lambda frame: frame.seq)
    portions = [in_time[k : k + 3] for k in range(0, len(in_time), 3)]
    live = live_rows(rich.run, portions, {0: RICH_GAPS}, 0, rich.past)
    assert differing(live, rich.offline) == []


def test_a_pace_that_is_no_longer_the_usual_one_takes_the_baseline_back(
    past: Past,
) -> None:
    course = Course((Segment("run", 50.0), Segment("run", 80.0, 2.2)))
    run = make_run(draw_runner(5), 5, 130.0, clean(course=course), meta_of("s1"))
    offline = live_in_time(run, past)
    assert not [row for row in offline if isinstance(row, BaselineRow)]


def test_feet_that_seem_to_land_together_at_first_are_not_one_foot_for_ever(
    simulate: Simulate, past: Past
) -> None:
    """The right clock is half a stride off until its sensor connects anew."""
    run = simulate(5, 110.0)
    off_ns = round(60.0 / run.truth.cadence_spm * NS_PER_S)

    def seen(batch: ImuBatch) -> ImuBatch:
        flags = batch.flags | FrameFlag.CLOCK_SYNCED
        if batch.slot is Slot.LEFT:
            return replace(batch, flags=flags)
        if batch.seq < 400:
            return replace(batch, flags=flags, t0_ns=batch.t0_ns - off_ns)
        return replace(batch, flags=flags, epoch=1, seq=batch.seq - 400)

    shifted = run.changed(seen)
    early = shifted.within(0.0, 39.0)
    words = analyse_frames(early.meta, early.frames()).analysis
    assert words is not None
    assert words.one_foot_words()
    offline = live_in_time(shifted, past)
    assert not [row for row in offline if isinstance(row, EventRow)]


def live_in_time(run: SimulatedRun, past: Past) -> set[Row]:
    """Rows of a run that came in small portions, after a look that offline agrees."""
    frames = sorted(run.frames(), key=lambda f: wire.decode(f.payload).t0_ns)
    expected = results(
        upsert({}, all_rows(analyse_frames(run.meta, frames, past=past)))
    )
    portions = [frames[k : k + 20] for k in range(0, len(frames), 20)]
    live = live_rows(run, portions, {}, 0, past)
    assert differing(live, expected) == []
    return live


def test_frame_by_frame_gives_the_same_rows(
    run: Any,  # noqa: ANN401
    gapped: list[RawFrame],
    offline: set[Row],
) -> None:
    in_time = sorted(gapped, key=lambda frame: frame.seq)
    portions = [[frame] for frame in in_time]
    assert live_rows(run, portions, {0: GAPS}, 0) == offline


def test_one_foot_long_before_the_other_gives_the_same_rows(
    run: Any,  # noqa: ANN401
    gapped: list[RawFrame],
    offline: set[Row],
) -> None:
    """A collector that comes back sends hours of one foot before the other's."""
    half = [[f for f in gapped if f.slot is slot] for slot in (Slot.RIGHT, Slot.LEFT)]
    assert live_rows(run, half, {1: GAPS}, 0) == offline


@given(size=st.sampled_from([1, 7, 10, 20, 33, 64, 500]), n_portions=st.integers(1, 60))
@settings(max_examples=10)
def test_the_size_of_frames_does_not_matter(
    run: Any,  # noqa: ANN401
    size: int,
    n_portions: int,
) -> None:
    """At 200 Hz a sample period is a whole number of ns: all frames agree on times."""
    whole, cut = run.recut(10_000), run.recut(size)
    expected = results(upsert({}, all_rows(analyse_frames(run.meta, whole.frames()))))
    frames = sorted(cut.frames(), key=lambda frame: frame.seq)
    ends = np.linspace(0, len(frames), n_portions + 1).astype(int)
    portions = [frames[a:b] for a, b in pairwise(ends)]
    assert live_rows(run, portions, {}, 0) == expected


@pytest.mark.parametrize("share", [0.1, 0.35, 0.5, 0.8])
def test_a_session_read_back_from_disk_goes_on_as_if_nothing_had_happened(
    run: Any,  # noqa: ANN401
    gapped: list[RawFrame],
    offline: set[Row],
    share: float,
) -> None:
    in_time = sorted(gapped, key=lambda frame: frame.seq)
    half = round(share * len(in_time))
    first = LiveSession(Settings(), runner="ana")
    first.describe(run.meta)
    first.restore(in_time[:half], [])
    first.analyse()
    table = upsert({}, first.new_rows() + first.summary())
    second = LiveSession(Settings(), runner="ana")
    second.describe(run.meta)
    second.restore(sorted(in_time[:half], key=lambda f: (f.slot, f.seq)), [])
    second.analyse()
    for frame in in_time[half - 3 :]:  # the last three come again
        second.stream(frame.slot).accept(wire.decode(frame.payload))
    for gap in GAPS:
        second.stream(gap.slot).lose(gap.epoch, gap.first_seq, gap.last_seq)
    second.finish()
    upsert(table, second.new_rows() + second.summary())
    assert results(table) == offline


def test_a_new_connection_in_the_middle_is_the_same_live_and_offline(
    run: Any,  # noqa: ANN401
) -> None:
    """The sensor connects anew: a later epoch that counts from 0 again."""
    frames = []
    for slot, batches in run.batches.items():
        half = len(batches) // 2 + 10 * (slot is Slot.LEFT)
        again = [
            replace(batch, epoch=1, seq=batch.seq - half) for batch in batches[half:]
        ]
        frames += [run.frame(batch) for batch in batches[:half] + again]
    expected = results(upsert({}, all_rows(analyse_frames(run.meta, frames))))
    in_time = sorted(frames, key=lambda frame: (frame.epoch, frame.seq))
    ends = range(0, len(in_time) + 37, 37)
    portions = [in_time[a:b] for a, b in pairwise(ends)]
    live = live_rows(run, portions, {}, 0)
    assert live == expected
    (about,) = (r for r in live if isinstance(r, SessionRow))
    assert about.steps > 90
