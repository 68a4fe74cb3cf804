"""A watch's file is merged into a run, that is told, and leaves with the run's FIT."""

import json
from pathlib import Path

import fitdecode
import numpy as np
import pytest

from contract.messages import SessionMeta
from contract.rows import SessionRow, StepRow
from contract.track import Track
from contract.units import NS_PER_S
from dashboards.export.fit import write_fit
from dashboards.export.fit_fields import Activity
from processing.store.people import track_of
from processing.store.sqlite import SqliteStore
from tests.treadwear.spoken import Capture, refused, said
from treadwear.settings import load_settings

pytestmark = pytest.mark.usefixtures("no_settings_from_outside")

BEGIN_S = 1_763_000_000
SECONDS = 1200
WHO = {"runner": "ana", "session": "s1"}


def invented_spm(seed: int) -> list[float]:
    """Cadence per second: it wanders, and she stands for half a minute."""
    rng = np.random.default_rng(seed)
    wander, spm = 0.0, []
    for k in range(SECONDS):
        wander = 0.95 * wander + 0.31 * rng.normal()
        spm.append(0.0 if 500 <= k < 530 else 168 + 2 * wander)
    return spm


def steps(spm: list[float]) -> list[StepRow]:
    """A step every 0.36 s where she runs."""
    times_s = np.arange(0, SECONDS - 1, 0.36)
    return [
        StepRow(
            **WHO,
            side="right" if k % 2 else "left",
            time_ns=round((BEGIN_S + t) * NS_PER_S),
            contact_time_s=0.24,
            cadence_spm=spm[int(t)],
            speed_mps=3.0,
            quality=1.0,
        )
        for k, t in enumerate(times_s)
        if spm[int(t)]
    ]


@pytest.fixture
def run(data: str) -> str:
    """Store a run of 20 minutes; gives its id."""
    meta = SessionMeta(**WHO, origin_ns=BEGIN_S * NS_PER_S, state="ended")
    row = SessionRow(
        **WHO,
        side="both",
        time_ns=meta.origin_ns,
        name="Ana",
        shoe="",
        state="ended",
        duration_s=float(SECONDS),
        distance_m=3500.0,
        steps=3000,
        rejected=0,
        verdict="as usual",
        source="shoes",
        baseline_runs=0,
        simulated=False,
        method="test",
    )
    with SqliteStore.open(load_settings(data_dir=Path(data)).store_path) as store:
        store.commit_raw([], [meta])
        store.write([row, *steps(invented_spm(1))])
    return "s1"


def watch_fit(
    path: Path, behind_s: int, seed: int = 1, *, has_cadence: bool = True
) -> str:
    """FIT of a watch whose clock is behind, started a minute before the run."""
    rng = np.random.default_rng(99)
    spm = np.concatenate([np.zeros(60), invented_spm(seed), np.zeros(60)])
    n = len(spm)
    figures = {
        "heart_rate_bpm": np.linspace(120, 170, n).round(),
        "latitude_deg": 52.5 + np.arange(n) * 1e-5,
        "longitude_deg": np.full(n, 13.4),
        "altitude_m": np.full(n, 34.0),
    }
    if has_cadence:
        shown = np.convolve(spm, np.ones(3) / 3, "same") + rng.normal(size=n)
        figures["cadence_spm"] = np.where(shown < 60, 0.0, shown)
    t_ns = (BEGIN_S - 60 - behind_s + np.arange(n)) * NS_PER_S
    write_fit(path, Activity("watch", t_ns, figures))
    return str(path)


def stored(data: str, session: str = "s1") -> Track | None:
    path = load_settings(data_dir=Path(data)).store_path
    with SqliteStore.open(path, read_only=True) as store:
        return track_of(store, "ana", session)


@pytest.mark.parametrize("behind_s", [-240, 0, 300])
def test_a_watch_is_placed_by_its_cadence(
    capsys: Capture, run: str, data: str, tmp_path: Path, behind_s: int
) -> None:
    file = watch_fit(tmp_path / "run.fit", behind_s)
    code, out, err = said(capsys, "merge", run, file, "--json", "--data", data)
    assert code == 0, err
    told = json.loads(out)
    assert told["shift_s"] == pytest.approx(behind_s, abs=1)
    assert told["agreement"] > 0.7
    assert told["how"] == "by cadence"
    track = stored(data)
    assert track is not None
    assert track.source == "FIT run.fit"
    times_s = [p.t_ns / NS_PER_S - BEGIN_S for p in track.points]
    assert -1 <= times_s[0] < 1  # the minute before the run is left out
    assert SECONDS - 1 < times_s[-1] <= SECONDS + 1
    rates = {round(p.t_ns / NS_PER_S - BEGIN_S): p.heart_rate_bpm for p in track.points}
    assert rates[600] == pytest.approx(120 + 50 * 660 / 1319, abs=1)


def test_people_hear_what_was_merged_and_how_sure_it_is(
    capsys: Capture, run: str, data: str, tmp_path: Path
) -> None:
    file = watch_fit(tmp_path / "run.fit", 37)
    code, out, err = said(capsys, "merge", run, file, "--data", data)
    assert code == 0, err
    assert "FIT run.fit: " in out
    assert "heart rate, position, altitude" in out
    assert "moved by +37" in out
    assert "agree by 0." in out


def test_merging_again_replaces_what_was_merged(
    capsys: Capture, run: str, data: str, tmp_path: Path
) -> None:
    for name, behind_s in (("a.fit", 100), ("b.fit", -50)):
        file = watch_fit(tmp_path / name, behind_s)
        assert said(capsys, "merge", run, file, "--data", data)[0] == 0
    path = load_settings(data_dir=Path(data)).store_path
    with SqliteStore.open(path, read_only=True) as store:
        (kept,) = store.records(Track, "ana")
    assert kept.record.source == "FIT b.fit"


def test_another_run_is_refused_and_nothing_is_kept(
    capsys: Capture, run: str, data: str, tmp_path: Path
) -> None:
    file = watch_fit(tmp_path / "other.fit", 0, seed=77)
    err = refused(capsys, 4, "merge", run, file, "--data", data)
    assert "--shift SECONDS" in err
    assert stored(data) is None


def test_a_shift_that_is_told_is_taken(
    capsys: Capture, run: str, data: str, tmp_path: Path
) -> None:
    file = watch_fit(tmp_path / "run.fit", 3600)
    words = ["merge", run, file, "--shift", "3600.5", "--json", "--data", data]
    code, out, err = said(capsys, *words)
    assert code == 0, err
    assert json.loads(out)["shift_s"] == 3600.5
    track = stored(data)
    assert track is not None
    assert track.agreement is None


def test_a_watch_without_cadence_is_placed_by_its_clock_and_says_so(
    capsys: Capture, run: str, data: str, tmp_path: Path
) -> None:
    file = watch_fit(tmp_path / "run.fit", 0, has_cadence=False)
    code, out, err = said(capsys, "merge", run, file, "--data", data)
    assert code == 0, err
    assert "it tells no cadence" in out
    words = ["merge", run, watch_fit(tmp_path / "b.fit", 5), "--by-time"]
    code, out, _ = said(capsys, *words, "--data", data)
    assert code == 0
    assert "by the watch's own times, as you said" in out


def test_a_watch_of_another_day_is_told_by_how_much_it_is_off(
    capsys: Capture, run: str, data: str, tmp_path: Path
) -> None:
    file = watch_fit(tmp_path / "run.fit", 86_400, has_cadence=False)
    err = refused(capsys, 1, "merge", run, file, "--data", data)
    assert "not of the same time" in err
    assert f"--shift SECONDS: {86_400 + 60}" in " ".join(err.split())
    assert stored(data) is None


def test_two_ways_to_place_a_watch_are_one_too_many(
    capsys: Capture, run: str, data: str, tmp_path: Path
) -> None:
    file = watch_fit(tmp_path / "run.fit", 0)
    words = ["merge", run, file, "--shift", "1", "--by-time", "--data", data]
    assert "two ways" in refused(capsys, 2, *words)


def test_what_was_merged_leaves_with_the_fit_of_the_run(
    capsys: Capture, run: str, data: str, tmp_path: Path
) -> None:
    file = watch_fit(tmp_path / "watch.fit", 0)
    assert said(capsys, "merge", run, file, "--data", data)[0] == 0
    out = tmp_path / "run.fit"
    assert said(capsys, "export", run, "--fit", str(out), "--data", data)[0] == 0
    with fitdecode.FitReader(str(out), check_crc=fitdecode.CrcCheck.RAISE) as frames:
        found = [f for f in frames if f.frame_type == fitdecode.FIT_FRAME_DATA]
    records = [f for f in found if f.name == "record"]
    (at,) = [
        r for r in records if r.get_value("timestamp").timestamp() == BEGIN_S + 600
    ]
    assert at.get_value("heart_rate") == pytest.approx(120 + 50 * 660 / 1319, abs=1)
    degrees = at.get_value("position_lat") * 180 / 2**31
    assert degrees == pytest.approx(52.5 + 660e-5, abs=3e-5)
    assert at.get_value("stance_time") == 240
    assert at.get_value("speed") == 3.0  # by the shoes
    (whole,) = [f for f in found if f.name == "session"]
    assert whole.get_value("total_distance") == pytest.approx(3500)
    assert records[-1].get_value("distance") == pytest.approx(3500)
    # She stood still for half a minute.
    stood_s = whole.get_value("total_elapsed_time") - whole.get_value(
        "total_timer_time"
    )
    assert stood_s == pytest.approx(30, abs=1.1)
    moving_mps = 3500 / whole.get_value("total_timer_time")
    assert whole.get_value("avg_speed") == pytest.approx(moving_mps, abs=0.002)
    kinds = [f.get_value("event_type") for f in found if f.name == "event"]
    assert kinds == ["start", "stop_all", "start", "stop_all"]


def test_hostile_xml_is_refused_by_the_command(
    capsys: Capture, run: str, data: str, tmp_path: Path
) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a "ha">]><gpx>&a;</gpx>'
    (tmp_path / "a.gpx").write_text(bomb)
    err = refused(capsys, 1, "merge", run, str(tmp_path / "a.gpx"), "--data", data)
    assert "is refused" in err
