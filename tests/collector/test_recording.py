import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.recording import COLUMNS, Recording, read_recording, write_recording
from collector.replay import RecordingSource
from collector.uniform import regularise
from contract.errors import RecordingError
from contract.model import FloatArray, FrameFlag, ImuBatch, Slot

ORIGIN_NS = 1_763_707_200_000_000_000


def still_then_moving(n: int = 800, rate_hz: float = 200.0) -> FloatArray:
    """Rows [n, 7] of a sensor that rests for 2 s and then swings."""
    t_s = np.arange(n) / rate_hz
    moving = t_s > 2.0
    rows = np.zeros((n, 7))
    rows[:, 0] = t_s
    rows[:, 3] = 9.81 + moving * 8 * np.sin(9 * t_s)
    rows[:, 1] = moving * 3 * np.cos(7 * t_s)
    rows[:, 5] = moving * 6 * np.sin(17 * t_s)
    return rows


def write(
    directory: Path,
    rows: FloatArray | None = None,
    *,
    meta: dict[str, object] | None = None,
    name: str = "left.csv",
) -> Path:
    directory.mkdir(exist_ok=True)
    rows = still_then_moving() if rows is None else rows
    lines = [",".join(f"{v:.5f}" for v in row) for row in rows]
    text = "\n".join([",".join(COLUMNS), *lines]) + "\n"
    if name.endswith(".gz"):
        (directory / name).write_bytes(gzip.compress(text.encode()))
    else:
        (directory / name).write_text(text)
    (directory / "meta.json").write_text(json.dumps(meta or {"rate_hz": 200}))
    return directory


def batches(recording: Recording, slot: Slot = Slot.LEFT) -> list[ImuBatch]:
    return list(RecordingSource(recording, slot, origin_ns=ORIGIN_NS).batches())


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


def fault_no_directory(at: Path) -> None:
    del at


def fault_no_meta(at: Path) -> None:
    write(at)
    (at / "meta.json").unlink()


def fault_no_sensor(at: Path) -> None:
    write(at)
    (at / "left.csv").unlink()


def fault_empty_file(at: Path) -> None:
    write(at)
    (at / "left.csv").write_text("")


def fault_only_a_header(at: Path) -> None:
    write(at, np.empty((0, 7)))


def fault_missing_column(at: Path) -> None:
    write(at)
    text = (at / "left.csv").read_text().replace("gy_rps", "gyro_y")
    (at / "left.csv").write_text(text)


def put_line(at: Path, line: str) -> None:
    lines = (write(at) / "left.csv").read_text().splitlines()
    lines[41] = line
    (at / "left.csv").write_text("\n".join(lines))


def fault_text_in_a_number(at: Path) -> None:
    put_line(at, "0.2,1.0,2.0,oops,0,0,0")


def fault_nan(at: Path) -> None:
    put_line(at, "0.2,1.0,2.0,nan,0,0,0")


def fault_short_row(at: Path) -> None:
    put_line(at, "0.2,1.0,2.0")


def fault_time_set_back(at: Path) -> None:
    rows = still_then_moving()
    rows[600:, 0] -= 2.5
    write(at, rows)


def fault_unit_g(at: Path) -> None:
    rows = still_then_moving()
    rows[:, 1:4] /= 9.81
    write(at, rows)


def fault_unit_mg(at: Path) -> None:
    rows = still_then_moving()
    rows[:, 1:4] *= 1000 / 9.81
    write(at, rows)


def fault_unit_g_without_rest(at: Path) -> None:
    rows = still_then_moving(n=1200)[420:]
    rows[:, 1:4] /= 9.81
    write(at, rows)


def fault_gravity_removed(at: Path) -> None:
    rows = still_then_moving()
    rows[:, 3] -= 9.81
    write(at, rows)


def fault_gyro_in_dps(at: Path) -> None:
    rows = still_then_moving()
    rows[:, 4:] *= 180 / np.pi
    write(at, rows)


def fault_mass_is_text(at: Path) -> None:
    write(at, meta={"rate_hz": 200, "mass_kg": "heavy"})


def fault_meta_is_no_json(at: Path) -> None:
    (write(at) / "meta.json").write_text("{rate_hz: 200")


def fault_time_in_ms(at: Path) -> None:
    rows = still_then_moving()
    rows[:, 0] *= 1000
    write(at, rows)


def fault_torn_archive(at: Path) -> None:
    packed = (write(at, name="left.csv.gz") / "left.csv.gz").read_bytes()
    (at / "left.csv.gz").write_bytes(packed[: len(packed) // 2])


FAULTS: list[tuple[Callable[[Path], None], list[str]]] = [
    (fault_no_directory, ["run is no recording", "there is no directory"]),
    (fault_no_meta, ["run is no recording", "no meta.json", "rate_hz"]),
    (fault_no_sensor, ["holds no sensor", "right.csv"]),
    (fault_empty_file, ["left.csv is empty"]),
    (fault_only_a_header, ["left.csv has no rows"]),
    (fault_missing_column, ["no column gy_rps", "gyro_y", "--columns"]),
    (fault_text_in_a_number, ["left.csv line 42", "az_mps2 is 'oops'"]),
    (fault_nan, ["left.csv line 42", "az_mps2 is 'nan'"]),
    (fault_short_row, ["left.csv line 42", "3 values", "names 7"]),
    (fault_time_set_back, ["left: time runs backwards", "200 of 800"]),
    (fault_unit_g, ["at rest the sensor reads 1.00", "probably g", "--acc-unit g"]),
    (fault_unit_mg, ["reads 1.00e+03", "probably mg", "--acc-unit mg"]),
    (fault_unit_g_without_rest, ["in the median", "probably g", "--acc-unit g"]),
    (fault_gravity_removed, ["at rest the sensor reads 0.00", "gravity was removed"]),
    (fault_gyro_in_dps, ["probably dps", "--gyro-unit dps"]),
    (fault_mass_is_text, ["meta.json cannot be used", "mass_kg"]),
    (fault_meta_is_no_json, ["meta.json of run cannot be read"]),
    (fault_time_in_ms, ["left was sampled at 0.2 Hz", "unit of the time"]),
    (fault_torn_archive, ["left.csv.gz cannot be read"]),
]


@pytest.mark.parametrize(
    ("make", "words"), FAULTS, ids=lambda v: getattr(v, "__name__", "")
)
def test_a_bad_recording_is_refused_with_cause_and_next_step(
    tmp_path: Path, make: Callable[[Path], None], words: list[str]
) -> None:
    make(tmp_path / "run")
    with pytest.raises(RecordingError) as caught:
        read_recording(tmp_path / "run")
    for word in words:
        assert word in str(caught.value)
    assert str(tmp_path) not in caught.value.what


def test_the_stated_unit_puts_a_recording_in_g_right(tmp_path: Path) -> None:
    fault_unit_g(tmp_path / "run")
    recording = read_recording(tmp_path / "run", acc_unit="g")
    assert recording.tracks[Slot.LEFT].samples[0, 2] == pytest.approx(9.81)


def test_a_running_shoe_that_never_rests_is_accepted(tmp_path: Path) -> None:
    recording = read_recording(write(tmp_path / "run", still_then_moving(1200)[420:]))
    assert recording.start_s == pytest.approx(2.1)


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


def test_two_missing_samples_are_filled_in_linearly() -> None:
    t_s = np.delete(np.arange(100) / 200, [40, 41])
    samples = np.repeat(t_s[:, None], 6, axis=1)
    (segment,) = regularise(t_s, samples, 200.0)
    assert segment.n_filled == 2
    assert np.allclose(segment.samples[:, 0], np.arange(100) / 200, atol=1e-12)
    assert segment.rate_hz == 200.0


def test_a_slight_rate_error_does_not_accumulate() -> None:
    true_hz = 204.79
    t_s = np.round(np.arange(204_800) / true_hz, 5)
    (segment,) = regularise(t_s, np.zeros((len(t_s), 6)), 204.8)
    assert segment.rate_hz == 204.8  # within 100 ppm
    assert np.abs(segment.t_s - t_s).max() < 1e-4


def test_a_larger_rate_error_gives_the_measured_rate() -> None:
    t_s = np.arange(20_000) / 199.0
    (segment,) = regularise(t_s, np.zeros((len(t_s), 6)), 200.0)
    assert segment.rate_hz == pytest.approx(199.0, rel=1e-6)
    assert not segment.is_resampled


def test_a_clock_that_drifts_keeps_its_samples_and_times() -> None:
    spacing_s = 0.005 * (1 + 40e-6 * np.sin(np.arange(400_000) / 50_000))
    t_s = np.concatenate([[0.0], np.cumsum(spacing_s)])
    samples = np.random.default_rng(1).normal(size=(len(t_s), 6))
    (segment,) = regularise(t_s, samples, 200.0)
    assert np.array_equal(segment.samples, samples)
    assert np.abs(segment.t_s - t_s).max() < 1e-3


def test_stamps_in_milliseconds_leave_the_samples_alone() -> None:
    t_s = np.floor(1000 * np.arange(2000) / 204.8) / 1000
    samples = np.random.default_rng(2).normal(size=(2000, 6))
    (segment,) = regularise(t_s, samples, 204.8)
    assert np.array_equal(segment.samples, samples)
    assert np.ptp(np.diff(segment.t_s)) < 1e-9


def test_times_on_no_grid_are_interpolated_where_they_stand() -> None:
    chance = np.random.default_rng(3)
    t_s = np.cumsum(chance.uniform(0.004, 0.016, size=500))
    samples = np.repeat(3 * t_s[:, None], 6, axis=1)
    (segment,) = regularise(t_s, samples, 100.0)
    assert segment.is_resampled
    assert np.allclose(segment.samples[:, 0], 3 * segment.t_s)
    assert np.allclose(np.diff(segment.t_s), 0.01)


@given(
    steps=st.lists(st.integers(1, 8), min_size=1, max_size=60),
    rate_hz=st.sampled_from([100.0, 128.0, 200.0, 204.8]),
    jitter_seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_segments_cover_all_samples_in_order_and_evenly(
    steps: list[int], rate_hz: float, jitter_seed: int
) -> None:
    chance = np.random.default_rng(jitter_seed)
    places = np.concatenate([[0], np.cumsum(steps)])
    t_s = (places + chance.uniform(-0.04, 0.04, len(places))) / rate_hz
    samples = chance.normal(size=(len(places), 6))
    segments = regularise(t_s, samples, rate_hz)
    assert len(segments) == 1 + sum(step > 3 for step in steps)
    kept = np.concatenate([segment.samples for segment in segments])
    assert {tuple(row) for row in samples} <= {tuple(row) for row in kept}
    assert all(
        np.ptp(np.diff(segment.t_s)) < 0.3 / rate_hz
        for segment in segments
        if len(segment.t_s) > 1
    )
    starts = np.concatenate([segment.t_s for segment in segments])
    assert (np.diff(starts) > 0).all()


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
