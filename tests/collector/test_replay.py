"""A recording becomes the frames that its sensors would have sent."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from collector.recording import read_recording, write_recording
from contract.model import FrameFlag, Slot
from tests.collector.written_recording import (
    ORIGIN_NS,
    batches,
    still_then_moving,
    write,
)


def test_frames_of_even_200_hz_data_lie_exactly_on_5_ms(tmp_path: Path) -> None:
    found = batches(read_recording(write(tmp_path / "run")))
    starts = [batch.t0_ns - ORIGIN_NS for batch in found]
    assert starts == [k * 100_000_000 for k in range(40)]
    assert [batch.seq for batch in found] == list(range(40))
    assert {batch.rate_hz for batch in found} == {200.0}
    assert {batch.flags for batch in found} == {FrameFlag.CLOCK_SYNCED}


def test_counts_give_the_samples_back_to_half_a_count(tmp_path: Path) -> None:
    recording = read_recording(write(tmp_path / "run"))
    found = batches(recording)
    samples = np.concatenate([batch.si() for batch in found])
    off = np.abs(samples - recording.tracks[Slot.LEFT].samples)
    assert off[:, :3].max() <= 0.5001 * found[0].acc_lsb_mps2
    assert off[:, 3:].max() <= 0.5001 * found[0].gyro_lsb_rps
    assert found[0].acc_lsb_mps2 == 16 * 9.81 / 32768


def test_an_unknown_range_is_widened_until_nothing_clips(tmp_path: Path) -> None:
    rows = still_then_moving()
    rows[700, 1] = 17 * 9.81
    found = batches(read_recording(write(tmp_path / "run", rows)))
    assert found[0].acc_lsb_mps2 == 32 * 9.81 / 32768
    assert not any(batch.flags & FrameFlag.CLIPPED for batch in found)


def test_only_the_frame_at_full_scale_is_flagged_as_clipped(tmp_path: Path) -> None:
    rows = still_then_moving()
    rows[705, 1] = -17 * 9.81
    meta: dict[str, object] = {"rate_hz": 200, "acc_range_g": 16}
    found = batches(read_recording(write(tmp_path / "run", rows, meta=meta)))
    clipped = [batch.seq for batch in found if batch.flags & FrameFlag.CLIPPED]
    assert clipped == [35]
    assert found[35].counts[5, 0] == -32768


def test_a_long_gap_is_flagged_and_begins_a_new_frame(tmp_path: Path) -> None:
    rows = np.delete(still_then_moving(), slice(105, 150), axis=0)
    found = batches(read_recording(write(tmp_path / "run", rows)))
    after_gap = [batch for batch in found if batch.flags & FrameFlag.GAP_BEFORE]
    assert [batch.t0_ns - ORIGIN_NS for batch in after_gap] == [750_000_000]
    assert [batch.n for batch in found][:7] == [20, 20, 20, 20, 20, 5, 20]


def real_recordings(root: Path) -> Iterator[Path]:
    yield from sorted(path.parent for path in root.glob("**/meta.json"))


@pytest.mark.data
def test_all_real_recordings_replay_without_a_loss(recordings: Path) -> None:
    directories = list(real_recordings(recordings))[::6]
    assert directories
    for directory in directories:
        recording = read_recording(directory)
        for slot, track in recording.tracks.items():
            found = batches(recording, slot)
            assert sum(batch.n for batch in found) == len(track.t_s)
            assert {batch.rate_hz for batch in found} == {recording.meta.rate_hz}
            ends_s = (found[-1].t0_ns - ORIGIN_NS) / 1e9
            assert ends_s == pytest.approx(float(track.t_s[-found[-1].n]), abs=1e-3)


@pytest.mark.data
def test_a_real_recording_survives_export(recordings: Path, tmp_path: Path) -> None:
    recording = read_recording(next(real_recordings(recordings)))
    write_recording(tmp_path / "copy", recording)
    copy = read_recording(tmp_path / "copy")
    assert copy.meta == recording.meta
    for slot in recording.tracks:
        again, before = batches(copy, slot), batches(recording, slot)
        assert [b.t0_ns for b in again] == [b.t0_ns for b in before]
        assert all(
            np.array_equal(a.counts, b.counts)
            for a, b in zip(again, before, strict=True)
        )
