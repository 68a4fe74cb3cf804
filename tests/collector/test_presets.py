import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from collector import logger_zip
from collector.guess import guess
from collector.logger_files import find_files, read_logger
from collector.logger_table import read_table
from collector.logger_zip import unpack
from collector.presets import PRESETS, WORDS, preset_of
from collector.recording import Recording
from collector.replay import RecordingSource
from contract.errors import RecordingError, UsageError
from contract.model import FrameFlag, Slot
from tests.collector.logger_writers import (
    BEGIN_NS,
    EXAMPLES,
    phyphox,
    samples,
    sensor_logger,
    unknown,
    write_examples,
    xsens_dot,
)

OF_PRESET = {
    "phyphox": "phyphox",
    "phyphox-decimal-comma": "phyphox",
    "sensor-logger-android": "sensor-logger",
    "sensor-logger-ios": "sensor-logger",
    "movesense-imu6": "movesense",
    "movesense-two": "movesense",
    "xsens-dot": "xsens-dot",
}


def read(example: str, preset: str | None = None) -> Recording:
    files = {Slot.LEFT: [EXAMPLES / example]}
    return read_logger(files, preset_of(preset) if preset else None, name=example)


def check_is_the_swing(recording: Recording, *, within: float) -> None:
    """Compare with what the writers were given, sample by sample."""
    track = recording.tracks[Slot.LEFT]
    t_s, acc, gyro = samples()
    n = len(track.t_s)
    assert n >= len(t_s) - 2  # two files overlap by a little less
    start = int(np.argmin(np.abs(acc - track.samples[0, :3]).sum(axis=1)))
    wanted = np.column_stack([acc, gyro])[start : start + n]
    assert np.abs(track.samples - wanted).max() < within
    assert np.diff(track.t_s) == pytest.approx(1 / 60, abs=0.0011)


@pytest.mark.parametrize("example", OF_PRESET)
def test_an_example_of_each_logger_gives_the_same_swing(example: str) -> None:
    recording = read(example, OF_PRESET[example])
    # Angular rate of two files is interpolated between samples, up to 0.06 rad/s off.
    is_joined = example.startswith("phyphox")
    check_is_the_swing(recording, within=0.06 if is_joined else 2e-5)
    assert recording.meta.rate_hz == pytest.approx(60, rel=0.01)


@pytest.mark.parametrize("example", OF_PRESET)
def test_a_known_logger_is_recognised_and_that_is_said(example: str) -> None:
    recording = read(example)
    preset = PRESETS[OF_PRESET[example]]
    assert recording.meta.extra["logger"] == preset.word
    assert recording.notes[0].startswith(f"left: recognised as {preset.title}")
    assert f"angular rate in {preset.gyro_unit}" in recording.notes[0]


def test_a_logger_that_nobody_knows_is_read_by_names_and_numbers() -> None:
    recording = read("generic")
    check_is_the_swing(recording, within=0.02)  # its g is 9.80665, ours 9.81
    (note,) = [n for n in recording.notes if n.startswith("left")]
    assert "acceleration in g, angular rate in dps, time in ms" in note


def test_the_examples_are_what_the_writers_write(tmp_path: Path) -> None:
    write_examples(tmp_path)
    written = {p.relative_to(tmp_path) for p in tmp_path.rglob("*.csv")}
    assert written == {p.relative_to(EXAMPLES) for p in EXAMPLES.rglob("*.csv")}
    for path in written:
        assert (tmp_path / path).read_bytes() == (EXAMPLES / path).read_bytes()


def test_every_preset_says_where_its_facts_are_from() -> None:
    for preset in PRESETS.values():
        assert len(preset.told_by) > 30
        assert preset.hint
    assert WORDS[-1] == "generic"


def test_a_counter_of_time_that_begins_anew_is_carried_on(tmp_path: Path) -> None:
    xsens_dot(tmp_path / "a.csv", *samples(), begin_us=2**32 - 500_000)
    recording = read_logger({Slot.LEFT: [tmp_path / "a.csv"]}, None, name="a")
    assert recording.duration_s == pytest.approx(59 / 60, abs=1e-5)


def test_unix_times_date_the_run(tmp_path: Path) -> None:
    sensor_logger(tmp_path / "hip", *samples(), "android")
    recording = read_logger(find_files(tmp_path), None, name="a")
    assert recording.origin_ns == BEGIN_NS // 10**9 * 10**9
    assert read("phyphox").origin_ns is None


def test_who_is_left_and_right_is_told_by_names_of_files_and_folders(
    tmp_path: Path,
) -> None:
    xsens_dot(tmp_path / "run_L.csv", *samples())
    phyphox(tmp_path / "RightShoe", *samples())
    unknown(tmp_path / "logger-hip.csv", *samples())
    found = find_files(tmp_path)
    assert [p.name for p in found[Slot.LEFT]] == ["run_L.csv"]
    assert {p.name for p in found[Slot.RIGHT]} == {"Accelerometer.csv", "Gyroscope.csv"}
    assert [p.name for p in found[Slot.HIP]] == ["logger-hip.csv"]


def test_files_that_say_no_side_are_not_guessed(tmp_path: Path) -> None:
    xsens_dot(tmp_path / "dot_1.csv", *samples())
    with pytest.raises(RecordingError, match="does not say which foot") as fault:
        find_files(tmp_path)
    assert "dot_1.csv" in fault.value.why


def flags_of(recording: Recording) -> list[FrameFlag]:
    source = RecordingSource(recording, Slot.LEFT, origin_ns=0)
    return [batch.flags for batch in source.batches()]


def test_sensors_with_clocks_of_their_own_are_not_compared_in_time(
    tmp_path: Path,
) -> None:
    for side in ("left", "right"):
        phyphox(tmp_path / side, *samples())
    recording = read_logger(find_files(tmp_path), None, name="a")
    assert "no common clock" in " ".join(recording.notes)
    assert all(FrameFlag.CLOCK_SYNCED not in flags for flags in flags_of(recording))


@pytest.mark.parametrize(
    ("sync", "is_synced"), [("Synced", True), ("Un-synced", False)]
)
def test_dots_have_one_clock_only_if_they_were_synced(
    tmp_path: Path, sync: str, is_synced: bool
) -> None:
    for side in ("left", "right"):
        xsens_dot(tmp_path / f"{side}.csv", *samples(), sync=sync)
    recording = read_logger(find_files(tmp_path), None, name="a")
    assert all((FrameFlag.CLOCK_SYNCED in f) == is_synced for f in flags_of(recording))


def test_one_sensor_alone_needs_no_common_clock() -> None:
    assert all(FrameFlag.CLOCK_SYNCED in f for f in flags_of(read("phyphox")))


@pytest.mark.parametrize(
    ("gone", "missing"),
    [("Gyroscope.csv", "angular rate"), ("Accelerometer.csv", "acceleration")],
)
def test_a_missing_file_is_named_with_what_was_found(
    tmp_path: Path, gone: str, missing: str
) -> None:
    phyphox(tmp_path, *samples())
    (tmp_path / gone).unlink()
    with pytest.raises(RecordingError, match=f"no {missing}") as fault:
        read_logger({Slot.HIP: [tmp_path]}, PRESETS["phyphox"], name="a")
    assert "there are only these columns: " in fault.value.why
    assert "ZIP" in fault.value.next_step
    with pytest.raises(
        RecordingError, match=f"phyphox files without {missing}"
    ) as fault:
        read_logger({Slot.HIP: [tmp_path]}, None, name="a")


def test_a_phone_that_speaks_german_hears_what_to_record(tmp_path: Path) -> None:
    phyphox(tmp_path, *samples())
    words = (("Acceleration", "Beschleunigung"), ("Gyroscope", "Gyroskop"))
    for path in [*tmp_path.glob("*.csv")]:
        text = path.read_text().replace("Time (s)", "Zeit (s)")
        for english, german in words:
            text = text.replace(english, german)
        path.write_text(text)
    with pytest.raises(RecordingError, match="like phyphox files") as fault:
        read_logger({Slot.HIP: [tmp_path]}, None, name="a")
    assert fault.value.next_step == PRESETS["phyphox"].hint
    for word in ("English", "with g", "Gyroscope"):
        assert word in fault.value.next_step


def test_acceleration_without_g_hears_that_gravity_is_missing(tmp_path: Path) -> None:
    phyphox(tmp_path, *samples())
    path = tmp_path / "Accelerometer.csv"
    path.write_text(path.read_text().replace("Acceleration", "Linear Acceleration"))
    with pytest.raises(RecordingError, match="without acceleration") as fault:
        read_logger({Slot.HIP: [tmp_path]}, None, name="a")
    assert "'Acceleration (with g)'" in fault.value.next_step


@pytest.mark.parametrize("gone", ["TotalAcceleration", "Gyroscope"])
def test_half_of_what_sensor_logger_writes_is_recognised_as_its(
    tmp_path: Path, gone: str
) -> None:
    sensor_logger(tmp_path, *samples(), "android")
    for name in (gone, "Accelerometer", "Gravity"):
        (tmp_path / f"{name}.csv").unlink()
    with pytest.raises(RecordingError, match="like Sensor Logger files") as fault:
        read_logger({Slot.HIP: [tmp_path]}, None, name="a")
    assert fault.value.next_step == PRESETS["sensor-logger"].hint


def test_what_ios_wrote_needs_the_word_that_ios_wrote_it(tmp_path: Path) -> None:
    sensor_logger(tmp_path, *samples(), "ios")
    (tmp_path / "Metadata.csv").unlink()
    with pytest.raises(RecordingError, match="iOS or Android") as fault:
        read_logger({Slot.LEFT: [tmp_path]}, None, name="a")
    assert "signs differ" in fault.value.why


def test_acceleration_without_gravity_is_noticed(tmp_path: Path) -> None:
    t_s, acc, gyro = samples()
    xsens_dot(tmp_path / "a.csv", t_s, acc - acc.mean(axis=0), gyro)
    with pytest.raises(RecordingError, match=r"not near 9\.81"):
        read_logger({Slot.LEFT: [tmp_path / "a.csv"]}, None, name="a")


def test_angular_rate_in_another_unit_is_noticed(tmp_path: Path) -> None:
    """MT Manager writes the DOT's columns with rad/s."""
    t_s, acc, gyro = samples()
    xsens_dot(tmp_path / "a.csv", t_s, acc, gyro / (180 / np.pi))
    with pytest.raises(RecordingError, match="never exceeds") as fault:
        read_logger({Slot.LEFT: [tmp_path / "a.csv"]}, None, name="a")
    assert "--gyro-unit rad/s" in fault.value.next_step


def test_decimal_commas_between_commas_are_refused_with_the_line(
    tmp_path: Path,
) -> None:
    lines = (EXAMPLES / "phyphox" / "Accelerometer.csv").read_text().splitlines()
    lines[5] = lines[5].replace(".", ",", 1).replace("0", "x", 1)
    (tmp_path / "a.csv").write_text("\n".join(lines))
    with pytest.raises(RecordingError, match="cannot be read as numbers") as fault:
        read_table(tmp_path / "a.csv").columns(read_table(tmp_path / "a.csv").names)
    assert "row" in fault.value.why


@pytest.mark.parametrize("text", ["", "\n\n", "just words\nand more\n", "\x00\xff"])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(RecordingError):
        read_logger({Slot.LEFT: [tmp_path / "a.csv"]}, None, name="a")


def test_a_header_with_nothing_below_it_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("t,ax,ay,az,gx,gy,gz\n")
    with pytest.raises(RecordingError, match="has no rows"):
        read_logger({Slot.LEFT: [tmp_path / "a.csv"]}, None, name="a")


def test_a_unit_that_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    t_s, acc, gyro = samples()
    path = tmp_path / "a.csv"
    rows = np.column_stack([t_s, acc, gyro * 60 / 6])  # 60 may be rad/s or deg/s
    lines = [",".join(f"{v:.5f}" for v in row) for row in rows]
    path.write_text("\n".join(["t,ax,ay,az,gx,gy,gz", *lines]))
    with pytest.raises(RecordingError, match="unit of angular rate") as fault:
        guess(read_table(path))
    assert "--gyro-unit" in fault.value.next_step


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(UsageError) as fault:
        preset_of("garmin")
    assert "phyphox" in fault.value.why


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@given(
    rows=arrays(
        np.float64,
        (7, 4),
        elements=st.floats(-1e6, 1e6, allow_subnormal=False, width=32),
    )
)
def test_numbers_come_back_whatever_the_separator(
    tmp_path_factory: pytest.TempPathFactory, separator: str, rows: np.ndarray
) -> None:
    path = tmp_path_factory.mktemp("table") / "a.csv"
    lines = [separator.join(repr(float(v)) for v in row) for row in rows]
    if separator != ",":
        lines = [line.replace(".", ",") for line in lines]
    path.write_text("\n".join([separator.join("abcd"), *lines]))
    assert (read_table(path).columns(("a", "b", "c", "d")) == rows).all()


def packed(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def test_only_tables_leave_a_zip_and_they_stay_in_their_place(tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    names = ["../../Accelerometer.csv", "/etc/a.csv", "C:\\b.csv", "run.sh", "..csv"]
    path = packed(tmp_path / "a.zip", dict.fromkeys(names, b"x"))
    files = unpack(path, room)
    assert {f.parent for f in files} == {room}
    assert set(room.iterdir()) == set(files)
    assert {"Accelerometer.csv", "a.csv"} <= {f.name for f in files}
    assert not [p for p in tmp_path.rglob("*") if p.suffix == ".sh"]


def test_a_zip_that_swells_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logger_zip, "MOST_BYTES", 2**21)
    path = packed(tmp_path / "a.zip", {"a.csv": bytes(2**23)})
    with pytest.raises(RecordingError, match="no logger's ZIP"):
        unpack(path, tmp_path)


def test_a_zip_of_too_many_tables_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", {f"{k}.csv": b"x" for k in range(300)})
    with pytest.raises(RecordingError, match="no logger's ZIP"):
        unpack(path, tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more"])
def test_a_damaged_zip_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(RecordingError, match=r"a\.zip cannot be unpacked"):
        unpack(tmp_path / "a.zip", tmp_path)
