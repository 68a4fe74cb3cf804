from pathlib import Path

import numpy as np
import pytest

from collector.foreign_csv import ForeignFormat, parse_columns, read_foreign
from collector.replay import RecordingSource
from contract.errors import RecordingError, UsageError
from contract.model import FrameFlag, Slot

COLUMNS = "t=time,ax=aX,ay=aY,az=aZ,gx=gX,gy=gY,gz=gZ"
HEADER = "time,aX,aY,aZ,gX,gY,gZ"


def layout(**changes: object) -> ForeignFormat:
    settings: dict[str, object] = {
        "columns": parse_columns(COLUMNS),
        "acc_unit": "g",
        "gyro_unit": "dps",
        "time_unit": "ms",
        "rate_hz": 100.0,
    }
    return ForeignFormat(**{**settings, **changes})  # type: ignore[arg-type]


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def resting(n: int = 200, start: float = 5000.0, step: float = 10.0) -> list[str]:
    rows = [f"{start + step * k},0.0,0.6,0.8,0.5,-1.0,0.25" for k in range(n)]
    return [HEADER, *rows]


def test_units_become_si_and_time_starts_near_zero(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", resting(start=161_129.0))
    recording = read_foreign({Slot.LEFT: path}, layout(), meta={"mass_kg": 61})
    track = recording.tracks[Slot.LEFT]
    assert recording.offset_s == 161.0
    assert track.t_s[0] == pytest.approx(0.129)
    assert track.samples[0] == pytest.approx(
        [0, 0.6 * 9.81, 0.8 * 9.81, *np.radians([0.5, -1.0, 0.25])]
    )
    assert recording.meta.mass_kg == 61
    assert recording.meta.rate_hz == 100


def test_both_feet_keep_their_common_clock(tmp_path: Path) -> None:
    files = {
        Slot.LEFT: write(tmp_path / "l.csv", resting(start=50_250.0)),
        Slot.RIGHT: write(tmp_path / "r.csv", resting(start=51_750.0)),
    }
    recording = read_foreign(files, layout())
    assert recording.tracks[Slot.LEFT].t_s[0] == pytest.approx(0.25)
    assert recording.tracks[Slot.RIGHT].t_s[0] == pytest.approx(1.75)


def test_feet_that_do_not_overlap_in_time_are_noted(tmp_path: Path) -> None:
    files = {
        Slot.LEFT: write(tmp_path / "l.csv", resting(start=0.0)),
        Slot.RIGHT: write(tmp_path / "r.csv", resting(start=90_000.0)),
    }
    assert "do not overlap" in read_foreign(files, layout()).notes[-1]


def test_without_a_rate_it_is_measured(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", resting())
    recording = read_foreign({Slot.HIP: path}, layout(rate_hz=None))
    assert recording.meta.rate_hz == pytest.approx(100)


def test_rows_without_a_time_are_spaced_by_the_rate(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", resting())
    columns = parse_columns(COLUMNS.removeprefix("t=time,"))
    recording = read_foreign({Slot.LEFT: path}, layout(columns=columns, rate_hz=50.0))
    assert recording.duration_s == pytest.approx(199 / 50)


def test_semicolons_quotes_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    lines = resting()
    lines[0] = "\ufeff" + ";".join(f'"{name}"' for name in HEADER.split(","))
    lines[1:] = [line.replace(",", ";") for line in lines[1:]]
    path = write(tmp_path / "a.csv", lines)
    assert len(read_foreign({Slot.LEFT: path}, layout()).tracks[Slot.LEFT].t_s) == 200


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("t=time,ax", ["cannot use 'ax'", "For example"]),
        ("t=time,bx=aX", ["cannot use 'bx=aX'", "ax, ay, az"]),
        ("", ["cannot use ''"]),
        ("ax=a,ax=b", ["says twice where ax"]),
        ("ax=a,ay=a", ["uses column 'a' for two"]),
    ],
)
def test_a_mapping_that_cannot_be_read_shows_the_part_at_fault(
    text: str, words: list[str]
) -> None:
    with pytest.raises(UsageError) as caught:
        parse_columns(text)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"acc_unit": "ft/s2"}, "--acc-unit does not know 'ft/s2'"),
        ({"gyro_unit": "rpm"}, "--gyro-unit does not know 'rpm'"),
        ({"time_unit": "min"}, "--time-unit does not know 'min'"),
        ({"columns": {"t": "time", "ax": "aX"}}, "where ay, az, gx, gy, gz stands"),
        ({"rate_hz": -5.0}, "-5.0 Hz is impossible"),
    ],
)
def test_an_impossible_layout_is_refused(
    changes: dict[str, object], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        layout(**changes)


def test_neither_time_nor_rate_is_refused() -> None:
    columns = parse_columns(COLUMNS.removeprefix("t=time,"))
    with pytest.raises(UsageError, match="names no time"):
        layout(columns=columns, rate_hz=None)


def test_missing_columns_are_named_with_those_that_exist(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ["time,x,y,z,gX,gY,gZ", "1,2,3,4,5,6,7"])
    with pytest.raises(RecordingError) as caught:
        read_foreign({Slot.LEFT: path}, layout())
    assert "no column aX, aY, aZ" in str(caught.value)
    assert "time, x, y, z, gX, gY, gZ" in str(caught.value)


def test_the_wrong_unit_is_named_from_what_rest_looks_like(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", resting())
    with pytest.raises(RecordingError, match="Add --acc-unit g"):
        read_foreign({Slot.LEFT: path}, layout(acc_unit="m/s2"))
    with pytest.raises(RecordingError, match="Add --acc-unit g"):
        read_foreign({Slot.LEFT: path}, layout(acc_unit="mg"))


def test_times_of_packets_are_refused_instead_of_dropping_rows(tmp_path: Path) -> None:
    lines = resting()
    stamped = [
        f"{5000 + 100 * (k // 10)},0.0,0.6,0.8,{k % 10 / 100},0,0" for k in range(200)
    ]
    path = write(tmp_path / "a.csv", [lines[0], *stamped])
    with pytest.raises(RecordingError, match="radio packets"):
        read_foreign({Slot.LEFT: path}, layout())


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"gone\.csv cannot be read"):
        read_foreign({Slot.LEFT: tmp_path / "gone.csv"}, layout())
    with pytest.raises(UsageError, match="no file"):
        read_foreign({}, layout())


@pytest.mark.data
def test_a_real_outdoor_run_is_imported(recordings: Path) -> None:
    path = recordings / "wearable_my_foot" / "test-run.csv"
    recording = read_foreign({Slot.LEFT: path}, layout())
    source = RecordingSource(recording, Slot.LEFT, origin_ns=0)
    found = list(source.batches())
    assert len(recording.tracks[Slot.LEFT].t_s) == 9064
    assert recording.offset_s == 161.0
    assert recording.duration_s == pytest.approx(101.91)
    # 1128 of its 9063 spacings are 20 ms instead of 10.
    assert (source.n_filled, source.n_gaps) == (1128, 0)
    assert sum(batch.n for batch in found) == 9064 + 1128
    assert {batch.rate_hz for batch in found} == {100.0}
    # Its rail is at 15.98 g, 32732 counts: 80 samples of impacts stand exactly there.
    assert sum(int((np.abs(b.counts) == 32732).sum()) for b in found) == 80
    assert 80 <= sum(bool(b.flags & FrameFlag.CLIPPED) for b in found) <= 100


@pytest.mark.data
def test_a_real_walk_with_radio_gaps_is_cut_at_them(recordings: Path) -> None:
    path = recordings / "wearable_my_foot" / "2020-08-25T11_43_19.036Z.csv"
    recording = read_foreign({Slot.LEFT: path}, layout())
    source = RecordingSource(recording, Slot.LEFT, origin_ns=0)
    flagged = [b for b in source.batches() if b.flags & FrameFlag.GAP_BEFORE]
    assert len(flagged) == source.n_gaps > 40
