"""When a logger's recording began is read where its files say so, and only there."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.logger_files import find_files, read_logger
from collector.recording import Recording
from contract.model import Slot
from contract.units import NS_PER_S
from tests.collector.logger_writers import (
    BEGIN_NS,
    movesense,
    phyphox,
    samples,
    xsens_dot,
)

BEGIN_S = BEGIN_NS // NS_PER_S


def phyphox_times(folder: Path, first_s: float, point: str = ".") -> None:
    """Started, paused, started again; only the first start dates the samples."""
    rows = [("START", 0.25, first_s + 0.25), ("PAUSE", 9.0, first_s + 9.0)]
    rows.append(("START", 9.0, first_s + 700.0))
    separator = "," if point == "." else ";"
    names = ("event", "experiment time", "system time", "system time text")
    lines = [separator.join(f'"{name}"' for name in names)]
    for event, passed_s, unix_s in rows:
        told = [f"{passed_s:.9E}", f"{unix_s:.3f}"]
        cells = [f'"{event}"', *(t.replace(".", point) for t in told), '"as text"']
        lines.append(separator.join(cells))
    (folder / "meta" / "time.csv").write_text("\n".join(lines) + "\n")


def read(*paths: Path) -> Recording:
    slots = dict(zip(Slot, ([path] for path in paths), strict=False))
    return read_logger(slots, None, name="a")


@pytest.mark.parametrize("point", [".", ","])
def test_phyphox_tells_it_beside_its_tables(tmp_path: Path, point: str) -> None:
    phyphox(tmp_path, *samples(), point=point)
    phyphox_times(tmp_path, BEGIN_S + 0.125, point)
    found = read(tmp_path).origin_ns
    assert found == pytest.approx(BEGIN_NS + 125_000_000, abs=1_100_000)


def test_two_phones_that_began_apart_are_of_the_time_of_the_first(
    tmp_path: Path,
) -> None:
    for side, later_s in (("left", 40), ("right", 0)):
        phyphox(tmp_path / side, *samples())
        phyphox_times(tmp_path / side, BEGIN_S + later_s)
    recording = read_logger(find_files(tmp_path), None, name="a")
    # Its first row is left out: the gyroscope had not begun.
    first_ns = BEGIN_NS + NS_PER_S // 60
    assert recording.start_s == 0
    assert recording.origin_ns == pytest.approx(first_ns, abs=2_000_000)


@pytest.mark.parametrize(
    "text", ["", "event\n", '"START",x,y\n', '"START"\n', "\x00\xff"]
)
def test_a_file_of_times_that_is_broken_dates_nothing(
    tmp_path: Path, text: str
) -> None:
    phyphox(tmp_path, *samples())
    (tmp_path / "meta" / "time.csv").write_bytes(text.encode("latin-1"))
    assert read(tmp_path).origin_ns is None


LOCAL = datetime(2025, 7, 11, 20, 6, 0, 86_000).astimezone()


@pytest.mark.parametrize(
    ("told", "began"),
    [
        ("StartTime: ,2025-07-11_20:06:00_086 WEST", LOCAL),
        ("StartTime:,2025-07-11_20:06:00_086", LOCAL),
        ("StartTime:,2025-07-11_20:06:00_086 UTC", LOCAL.replace(tzinfo=UTC)),
        (
            "StartTime:,Fri, 11 Jul 2025 20:06:00 GMT,,,,,",
            datetime(2025, 7, 11, 20, 6, tzinfo=UTC),
        ),
        ("StartTime:,2025-13-11_20:06:00_086 WEST", None),
        ("StartTime:,soon", None),
        ("StartTime:,", None),
    ],
)
def test_a_dot_tells_when_its_first_sample_was(
    tmp_path: Path, told: str, began: datetime | None
) -> None:
    xsens_dot(tmp_path / "a.csv", *samples(), begin_us=123_000_000)
    separator, *lines = (tmp_path / "a.csv").read_text().splitlines()
    (tmp_path / "a.csv").write_text("\n".join([separator, told, *lines]))
    recording = read(tmp_path / "a.csv")
    if began is None:
        assert recording.origin_ns is None
    else:
        assert recording.origin_ns is not None
        begun_s = recording.origin_ns / NS_PER_S + recording.start_s
        assert begun_s == pytest.approx(began.timestamp(), abs=1e-3)


def test_a_counter_of_milliseconds_dates_nothing(tmp_path: Path) -> None:
    movesense(tmp_path / "a.csv", *samples())
    assert read(tmp_path / "a.csv").origin_ns is None
