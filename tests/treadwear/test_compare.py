"""Two simulated runs with a known change, compared by the command; a month of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from benchmarks.simulated_runs import columns, true_size
from collector.simulated.source import RunSettings, simulated_run
from collector.simulated.traits import RunnerTraits, draw_runner
from collector.simulated.truth import Truth, true_steps
from collector.simulated.worn import Worn
from contract import wire
from contract.messages import SensorInfo, SessionMeta
from contract.model import Slot
from contract.units import NS_PER_S
from processing.history import past_of
from processing.offline import analyse_frames, ends_of, keep_rows
from processing.store.base import RawFrame
from processing.store.sqlite import SqliteStore
from tests.treadwear.spoken import Capture, refused, said

START_NS = 1_795_243_200 * NS_PER_S  # 2026-11-21 06:40 UTC
DAY_NS = 86_400 * NS_PER_S
SECONDS = 145.0
EVIL = "<script>alert(1)</script>"
FEET = (Slot.LEFT, Slot.RIGHT)

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")


@dataclass(frozen=True)
class Plan:
    """One run of the tests: who, in which shoe, on which day, how the sensors sit."""

    session: str
    traits: RunnerTraits
    seed: int
    day: int = 0
    shoe: str = EVIL
    seat: int = 0

    @property
    def truth(self) -> Truth:
        return true_steps(self.traits, self.seed, SECONDS - 2.0, 4.0, None).only("run")


def limper(asymmetry_pct: float) -> RunnerTraits:
    return draw_runner(4, speed_mps=3.0, contact_asymmetry_pct=asymmetry_pct)


def steadied(traits: RunnerTraits) -> RunnerTraits:
    """The same runner in a shoe that lets the left foot roll in by 3 degrees less."""
    left = replace(traits.left, eversion_deg=traits.left.eversion_deg - 3.0)
    return replace(traits, left=left)


LIMP, EVEN = Plan("a1", limper(-8.0), 11), Plan("b1", limper(-1.0), 12, day=28)
BLOCKS = tuple(
    Plan(
        f"s{k}",
        steadied(limper(-2.0)) if k % 2 else limper(-2.0),
        20 + k,
        day=40 + k,
        shoe=("blue", "red")[k % 2],
        seat=k,
    )
    for k in range(4)
)
SHORT = Plan("short", limper(0.0), 3, day=50)


def seat(number: int) -> dict[Slot, Worn]:
    """Give a way in which both sensors sit; every number is another."""
    turns = {slot: [10 + 12 * number, -15, 8 * slot - 11 * number] for slot in FEET}
    return {
        slot: Worn(mount=Rotation.from_euler("ZYX", turn, degrees=True))
        for slot, turn in turns.items()
    }


def keep(store: SqliteStore, plan: Plan, seconds: float = SECONDS) -> None:
    """Run, analyse and keep a run as the commands do."""
    origin_ns = START_NS + plan.day * DAY_NS
    settings = RunSettings(worn=seat(plan.seat))
    sources = simulated_run(plan.traits, origin_ns, seconds, plan.seed, settings)
    sensors = {slot.word: SensorInfo(serial=f"S{slot}") for slot in FEET}
    meta = SessionMeta(
        runner="ana", session=plan.session, origin_ns=origin_ns, name=EVIL,
        shoe=plan.shoe, simulated=True, sensors=sensors,
    )  # fmt: skip
    frames = [
        RawFrame("ana", plan.session, slot, b.epoch, b.seq, wire.encode(b))
        for slot, source in sources.items()
        for b in source.batches()
    ]
    ended = msgspec.structs.replace(meta, state="ended", ends=ends_of(frames))
    session = analyse_frames(ended, frames, past=past_of(store, ended))
    store.commit_raw(frames, [ended])
    keep_rows(store, session)
    store.close_session(plan.session)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Data directory: a re-test, two shoes in turns, a run that is too short."""
    place = tmp_path_factory.mktemp("compared")
    with SqliteStore.open(place / "treadwear.db") as store:
        for plan in (LIMP, EVEN, *BLOCKS):
            keep(store, plan)
        keep(store, SHORT, 14.0)
    return str(place)


def compared(capsys: Capture, data: str, *sides: str) -> dict[str, object]:
    code, out, err = said(capsys, "compare", *sides, "--json", "--data", data)
    assert code == 0, err
    told: dict[str, object] = json.loads(out)
    return told


def change_in(
    told: dict[str, object], metric: str, side: str = "both"
) -> dict[str, float]:
    feet, asymmetry = told["feet"], told["asymmetry"]
    assert isinstance(feet, dict)
    assert isinstance(asymmetry, list)
    every = [*asymmetry, *feet["changes"]]
    return next(c for c in every if (c["metric"], c["side"]) == (metric, side))


def true_asi(plan: Plan) -> float:
    size = true_size(plan.truth, "contact_time_s")
    assert size is not None
    return size


def true_roll_deg(plans: Sequence[Plan], side: Slot) -> float:
    return float(
        np.mean(
            [columns(p.truth, side)["pronation_excursion_deg"].mean() for p in plans]
        )
    )


def test_a_limp_that_went_is_found_with_its_true_size(
    runs: str, capsys: Capture
) -> None:
    told = compared(capsys, runs, "a1", "b1")
    change = change_in(told, "contact_time_s")
    assert told["kind"] == "re-test in the same shoe"
    assert change["word"] == "differs, perhaps by the day"
    assert change["low"] < true_asi(EVEN) - true_asi(LIMP) < change["high"]
    assert change["systematic_half"] < 0.5
    assert change_in(told, "step_time_s")["word"] == "no clear change"


def test_a_shoe_worn_in_turns_is_found_on_the_foot_that_it_changes(
    runs: str, capsys: Capture
) -> None:
    told = compared(capsys, runs, "s0,s2", "s1,s3")
    _, text, _ = said(capsys, "compare", "s0,s2", "s1,s3", "--data", runs)
    assert "Ranges in the tables are 95 % each" in " ".join(text.split())
    left = change_in(told, "pronation_excursion_deg", "left")
    sides = [true_roll_deg(BLOCKS[k::2], Slot.LEFT) for k in (0, 1)]
    assert told["kind"] == "shoe against shoe"
    assert told["basis"] == "groups"
    assert left["systematic_half"] == 0
    assert left["low"] < sides[1] - sides[0] < left["high"] < 0
    right = change_in(told, "pronation_excursion_deg", "right")
    assert right["low"] < 0 < right["high"]


def test_the_table_tells_the_same_in_words_and_the_page_runs_no_script(
    runs: str, capsys: Capture, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    words = ["compare", "a1", "b1", "--html", str(page), "--data", runs]
    code, out, err = said(capsys, *words)
    assert code == 0, err
    text = " ".join(out.split())
    assert "left against right differs, perhaps by the day" in text
    assert "28 days apart" in text
    assert "cannot be said: one run against one run" in text
    assert "●" not in text
    assert EVIL in out
    assert "<script" not in page.read_text(encoding="utf-8")


def test_the_table_may_go_to_a_file(runs: str, capsys: Capture, tmp_path: Path) -> None:
    place = tmp_path / "told.json"
    words = ["compare", "a1", "b1", "--json", "-o", str(place), "--data", runs]
    code, out, _ = said(capsys, *words)
    assert (code, out.strip()) == (0, str(place))
    assert json.loads(place.read_text(encoding="utf-8"))["runner"] == "ana"


def test_a_run_too_short_leaves_with_four_and_says_why(
    runs: str, capsys: Capture
) -> None:
    err = refused(capsys, 4, "compare", "a1", "short", "--data", runs)
    assert "short:" in err


@pytest.mark.parametrize(
    ("sides", "code", "what"),
    [
        (("a1", "a1"), 2, "named twice"),
        (("a1", "nowhere"), 1, "no session"),
        (("a1", ","), 2, "names no session"),
    ],
)
def test_sides_that_make_no_sense_are_refused(
    runs: str, capsys: Capture, sides: tuple[str, str], code: int, what: str
) -> None:
    assert what in refused(capsys, code, "compare", *sides, "--data", runs)


def test_a_month_has_the_runs_the_shoe_and_the_page(
    runs: str, capsys: Capture, tmp_path: Path
) -> None:
    page = tmp_path / "month.html"
    words = ["month", "ana", "--month", "2026-12", "--data", runs]
    code, out, err = said(capsys, *words, "--json")
    assert code == 0, err
    told = json.loads(out)
    days = [run["day"] for run in told["runs"]]
    assert days == ["2026-12-19", "2026-12-31"]
    assert {shoe["shoe"] for shoe in told["shoes"]} == {EVIL, "blue"}
    code, out, err = said(capsys, *words, "--html", str(page))
    assert code == 0, err
    assert "December 2026" in out
    assert "<script" not in page.read_text(encoding="utf-8")


def test_a_month_without_runs_says_where_there_are_some(
    runs: str, capsys: Capture
) -> None:
    words = ["month", "ana", "--month", "2025-02", "--data", runs]
    code, out, _ = said(capsys, *words)
    assert code == 0
    assert "No run of ana in February 2025." in " ".join(out.split())


@pytest.mark.parametrize("which", ["2026-13", "november", "2026-1"])
def test_what_is_no_month_is_refused(runs: str, capsys: Capture, which: str) -> None:
    words = ["month", "ana", "--month", which, "--data", runs]
    assert "is no month" in refused(capsys, 2, *words)


def test_a_runner_nobody_knows_is_refused(runs: str, capsys: Capture) -> None:
    err = refused(capsys, 2, "month", "nobody", "--data", runs)
    assert "nothing is known of nobody" in err
