"""A recording that cannot be right is refused with its cause and what to do."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from collector.recording import read_recording
from contract.errors import NoSensorError, RecordingError
from contract.model import Slot
from tests.collector.written_recording import still_then_moving, write


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
    with pytest.raises((RecordingError, NoSensorError)) as caught:
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
