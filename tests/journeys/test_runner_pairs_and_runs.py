"""The runner's minute before the run and the run itself, from radio to report.

The commands are the real ones, and so are bleak's calls, the Bluetooth stack (in
memory), disk, broker, processing and store. Only time is virtual, so that a run takes
seconds; a child process does the same in real time.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import treadwear.air
from collector.simulated.radio import RadioTraits
from collector.simulated.source import RunSettings
from collector.virtual.motion import Recorded
from collector.virtual.wearer import VirtualAir, Wearer, worn_sensors
from contract import wire
from contract.messages import LinkInfo
from contract.model import ImuBatch, Slot
from contract.rows import BalanceRow, QualityRow, StepRow
from contract.verdicts import WHOLE_RUN
from processing.offline import reprocess
from processing.store.sqlite import SqliteStore
from tests.collector.virtual_time import VirtualTimeLoop
from tests.treadwear.conftest import recorded
from tests.treadwear.spoken import Capture, analysed, said
from treadwear.results import plain_name

LOSSLESS = RunSettings(
    rate_hz=208.0, radio=RadioTraits(loss=0.0, duplicates=0.0, reordered=0.0)
)
FEET = (Slot.LEFT, Slot.RIGHT)


class VirtualTimePolicy(asyncio.DefaultEventLoopPolicy):
    """Every loop that the commands make runs on virtual time."""

    def new_event_loop(self) -> VirtualTimeLoop:
        return VirtualTimeLoop()


@pytest.fixture
def fast_time() -> Iterator[None]:
    before = asyncio.get_event_loop_policy()
    asyncio.set_event_loop_policy(VirtualTimePolicy())
    yield
    asyncio.set_event_loop_policy(before)


@pytest.fixture(scope="module")
def run_of_ana(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording without losses, 70 s, of a runner who limps by 8 %."""
    place = tmp_path_factory.mktemp("recordings") / "ana"
    return recorded(place, *FEET, settings=LOSSLESS, seconds=70.0)


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty data directory; no settings from outside."""
    monkeypatch.chdir(tmp_path)
    return str(tmp_path / "data")


def opened(data: str) -> SqliteStore:
    return SqliteStore.open(Path(data) / "treadwear.db", read_only=True)


def link_of(store: SqliteStore, session: str, slot: Slot) -> LinkInfo:
    meta = store.meta(session)
    assert meta is not None
    link = meta.sensors[slot.word].link
    assert link is not None
    return link


def stored_batches(store: SqliteStore, session: str, slot: Slot) -> list[ImuBatch]:
    frames = [f for f in store.frames(session) if f.slot is slot]
    return [wire.decode(frame.payload) for frame in frames]


def whole_run(store: SqliteStore, session: str) -> dict[str, BalanceRow]:
    rows = store.rows(BalanceRow, session)
    return {plain_name(r.metric): r for r in rows if r.window == WHOLE_RUN}


@pytest.mark.usefixtures("fast_time")
def test_a_runner_pairs_checks_and_runs_and_the_report_says_what_she_ran(
    run_of_ana: Path, at_home: str, capsys: Capture
) -> None:
    where = ("--runner", "ana", "--virtual", str(run_of_ana), "--data", at_home)
    code, out, err = said(capsys, "pair", "--shoe", "Pegasus", *where)
    assert code == 0, err
    assert "Shake the LEFT shoe" in out
    assert "LEFT: TW000701" in out
    code, out, err = said(capsys, "pair", "--shoe", "Pegasus", *where)
    assert code == 0, err
    assert "Shake" not in out  # the second time in one step
    code, out, err = said(capsys, "check", *where)
    assert code == 0, out + err
    assert out.count("✓") == 6
    code, out, err = said(capsys, "run", "--pod", "--seconds", "75", *where)
    assert code == 0, err
    assert "Foot pod: 3.00 m/s, 172 steps a minute" in out

    offline = analysed(capsys, run_of_ana)
    with opened(at_home) as store:
        row = store.sessions()[0]
        meta = store.meta(row.session)
        assert meta is not None
        assert (row.shoe, meta.unverified) == ("Pegasus", "")
        assert row.verdict == offline["verdict"]
        links = [link_of(store, row.session, slot) for slot in FEET]
        apart_ms = sum(link.clock_bound_ms or np.inf for link in links)
        assert apart_ms < 10
        live = whole_run(store, row.session)
        assert_same_figures(live, offline, across_s=apart_ms / 1000)
        steps = store.rows(StepRow, row.session)
        assert len(steps) == sum(foot["steps"] for foot in offline["feet"].values())
        for slot in FEET:
            assert link_of(store, row.session, slot).lost == 0
            assert_recorded(store, row.session, slot, run_of_ana)
    assert_reprocessed_the_same(at_home, row.session, capsys)
    exported = Path(at_home) / "exported"
    assert said(capsys, "export", row.session, str(exported), "--data", at_home)[0] == 0
    again = analysed(capsys, exported)
    assert again["verdict"] == row.verdict
    with opened(at_home) as store:
        live = whole_run(store, row.session)
    assert_same_figures(live, again, angle_deg=0.1, across_s=1e-4)


def assert_same_figures(
    live: Mapping[str, BalanceRow],
    offline: Mapping[str, Any],
    *,
    angle_deg: float = 0.15,
    across_s: float,
) -> None:
    """Left and right agree with the offline analysis.

    Two clocks that meet over a radio add no more than is published where feet are
    compared; she stood longer before the run, which moves angles a little.
    """
    assert set(live) == set(offline["balance"])
    for name, row in live.items():
        told = offline["balance"][name]
        is_angle = name.startswith(("strike", "pitch", "pronation", "toe_out"))
        is_across = name in {"step_time", "flight_time", "impulse", "peak_force"}
        close = angle_deg if is_angle else across_s if is_across else 0.0
        # A peak of one sample hangs on where the samples fall.
        share = 1e-2 if name in {"impact", "braking"} else 2e-3
        for side in ("left", "right"):
            expected = pytest.approx(told[side], rel=share, abs=close)
            assert getattr(row, side) == expected, (name, side)
        assert row.n_pairs == pytest.approx(told["n_pairs"], abs=3)


def assert_recorded(
    store: SqliteStore, session: str, slot: Slot, recording: Path
) -> None:
    """What is stored is what the sensor felt: still at first, then the recording."""
    batches = stored_batches(store, session, slot)
    samples = np.vstack([batch.counts for batch in batches])
    motion = treadwear.air.motions_of(str(recording), (slot,), None)[slot]
    began = next(
        k
        for k in range(len(samples))
        if np.array_equal(samples[k : k + 200], motion.samples[:200])
    )
    both = min(len(samples) - began, len(motion.samples))
    assert both > 60 * 200
    assert np.array_equal(samples[began : began + both], motion.samples[:both])


def assert_reprocessed_the_same(data: str, session: str, capsys: Capture) -> None:
    """The offline analysis of what was recorded gives the very report of the run."""
    kinds = (StepRow, BalanceRow, QualityRow)
    with opened(data) as store:
        live = {kind: store.rows(kind, session) for kind in kinds}
    report = written_report(data, session, capsys)
    with SqliteStore.open(Path(data) / "treadwear.db") as store:
        reprocess(store, session)
        again = {kind: store.rows(kind, session) for kind in kinds}
    assert again == live
    assert written_report(data, session, capsys) == report


def written_report(data: str, session: str, capsys: Capture) -> bytes:
    path = Path(data) / "report.html"
    words = ("report", session, "--output", str(path), "--data", data)
    assert said(capsys, *words)[0] == 0
    return path.read_bytes()


@asynccontextmanager
async def bad_air(
    air: VirtualAir, motions: Mapping[Slot, Recorded]
) -> AsyncIterator[Wearer]:
    """5 % loss, and the left shoe away for longer than its memory lasts."""
    async with worn_sensors(air, motions) as wearer:
        left, loop = wearer.sensors[Slot.LEFT], asyncio.get_running_loop()
        left.ring_packets = 60

        def drop(share: float) -> None:
            for sensor in wearer.sensors.values():
                sensor.drop(share)

        handles = [
            loop.call_later(2, drop, 0.05),
            loop.call_later(40, left.out_of_range),
            loop.call_later(52, left.back_in_range),
            loop.call_later(72, drop, 0.0),
        ]
        WORN.append(wearer)
        yield wearer
        for handle in handles:
            handle.cancel()


WORN: list[Wearer] = []


@pytest.mark.usefixtures("fast_time")
def test_every_packet_that_is_lost_is_accounted_for(
    run_of_ana: Path, at_home: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ("--runner", "ana", "--virtual", str(run_of_ana), "--data", at_home)
    assert said(capsys, "pair", *where)[0] == 0
    monkeypatch.setattr(treadwear.air, "worn_sensors", bad_air)
    code, _, err = said(capsys, "run", "--seconds", "80", *where)
    assert code in (0, 4), err
    assert "not checked" in err
    worn = WORN.pop()
    with opened(at_home) as store:
        session = store.sessions()[0].session
        links = {slot: link_of(store, session, slot) for slot in FEET}
        for slot, link in links.items():
            assert_accounted(worn, slot, stored_batches(store, session, slot), link)
        quality = {q.side: q for q in store.rows(QualityRow, session)}
    assert links[Slot.LEFT].lost > 0
    assert links[Slot.LEFT].repaired > 0
    assert links[Slot.RIGHT].lost == 0
    lost_s = pytest.approx(links[Slot.LEFT].lost_s, abs=0.05)
    assert quality["left"].lost_s == lost_s


def assert_accounted(
    worn: Wearer, slot: Slot, batches: list[ImuBatch], link: LinkInfo
) -> None:
    """Stored and lost packets together are all that the sensor made meanwhile."""
    told = list(worn.sensors[slot].told)
    stored = sum(batch.n for batch in batches)
    first = next(
        k for k, t in enumerate(told) if round(t.first_us) * 1000 >= batches[0].dev_ns
    )
    last_ns = batches[-1].dev_ns + round(
        (batches[-1].n - 1) * 1e9 / batches[-1].rate_hz
    )
    made = sum(len(t.counts) for t in told[first:] if t.first_us * 1000 <= last_ns)
    assert stored + 19 * link.lost == made


def test_pairing_takes_seconds_in_real_time_too(run_of_ana: Path, at_home: str) -> None:
    words = ["pair", "--runner", "ana", "--virtual", str(run_of_ana), "--data", at_home]
    done = subprocess.run(
        [sys.executable, "-m", "treadwear", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "RIGHT: TW000702" in done.stdout


def test_sensors_are_listed_with_what_is_paired(at_home: str, capsys: Capture) -> None:
    code, out, _ = said(capsys, "sensors", "--json", "--data", at_home)
    families = {family["family"] for family in json.loads(out)["families"]}
    assert code == 0
    assert {"treadwear-v1", "orphe-core", "polar-verity-sense"} <= families
