"""A recording directory is read, checked, and written back the same."""

from pathlib import Path

import numpy as np
import pytest

from collector.recording import read_recording, write_recording
from contract.errors import RecordingError
from contract.model import Slot
from tests.collector.written_recording import batches, still_then_moving, write


def test_a_recording_is_read_with_its_description(tmp_path: Path) -> None:
    meta = {"rate_hz": 200, "mass_kg": 60.5, "standing_s": 2, "subject": 7}
    recording = read_recording(write(tmp_path / "run", meta=meta))
    assert recording.name == "run"
    assert recording.meta.mass_kg == 60.5
    assert recording.meta.standing_s == 2
    assert recording.meta.extra == {"subject": 7}
    assert list(recording.tracks) == [Slot.LEFT]
    assert np.allclose(recording.tracks[Slot.LEFT].t_s, np.arange(800) / 200)
    assert recording.notes == ()


def test_packed_and_plain_files_read_the_same(tmp_path: Path) -> None:
    write(tmp_path / "run", name="left.csv")
    recording = read_recording(write(tmp_path / "run", name="right.csv.gz"))
    left, right = recording.tracks[Slot.LEFT], recording.tracks[Slot.RIGHT]
    assert np.array_equal(left.samples, right.samples)


def test_a_written_recording_reads_back_to_the_printed_digits(tmp_path: Path) -> None:
    meta = {"rate_hz": 200, "mass_kg": 60.5, "simulated": True, "shoe": "old"}
    first = read_recording(write(tmp_path / "a", meta=meta))
    write_recording(tmp_path / "b", first)
    second = read_recording(tmp_path / "b")
    assert second.meta == first.meta
    for slot, track in first.tracks.items():
        assert np.array_equal(second.tracks[slot].t_s, track.t_s)
        assert np.array_equal(second.tracks[slot].samples, track.samples)


def test_a_recording_is_never_written_over_files(tmp_path: Path) -> None:
    recording = read_recording(write(tmp_path / "a"))
    with pytest.raises(RecordingError, match="already holds files"):
        write_recording(tmp_path / "a", recording)


def test_rows_out_of_order_are_sorted_and_counted(tmp_path: Path) -> None:
    rows = still_then_moving()
    shuffled = rows.copy()
    shuffled[[100, 103, 500, 501]] = rows[[103, 100, 501, 500]]
    shuffled = np.insert(shuffled, 200, shuffled[200], axis=0)
    recording = read_recording(write(tmp_path / "run", shuffled))
    track = recording.tracks[Slot.LEFT]
    expected = read_recording(write(tmp_path / "good", rows)).tracks[Slot.LEFT]
    assert np.array_equal(track.samples, expected.samples)
    assert np.array_equal(track.t_s, expected.t_s)
    assert (track.n_sorted, track.n_dropped) == (4, 1)
    assert len(recording.notes) == 2


def test_a_missing_rate_is_measured_and_noted(tmp_path: Path) -> None:
    recording = read_recording(write(tmp_path / "run", meta={"mass_kg": 70}))
    assert recording.meta.rate_hz == pytest.approx(200, rel=1e-6)
    assert "measured 200 Hz" in recording.notes[0]


def test_a_sensor_of_another_rate_keeps_its_own(tmp_path: Path) -> None:
    write(tmp_path / "run")
    hip = still_then_moving(n=400, rate_hz=100)
    recording = read_recording(write(tmp_path / "run", hip, name="hip.csv"))
    assert recording.tracks[Slot.HIP].rate_hz == pytest.approx(100)
    assert "hip was sampled at 100 Hz" in recording.notes[0]
    assert batches(recording, Slot.HIP)[0].rate_hz == pytest.approx(100)


def test_a_clock_in_unix_time_is_set_to_start_near_zero(tmp_path: Path) -> None:
    rows = still_then_moving()
    rows[:, 0] += 1_763_707_200.0
    recording = read_recording(write(tmp_path / "run", rows))
    assert recording.offset_s == 1_763_707_200.0
    assert recording.start_s == 0.0
