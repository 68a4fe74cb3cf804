"""Files that somebody made to do harm: refused in words, soon and in little memory."""

import gzip
import zipfile
from pathlib import Path

import pytest

from collector import table, watch
from collector.logger_zip import unpack
from collector.table import read_columns
from collector.watch import read_watch
from contract.errors import RecordingError

HEAD = b"t,ax,ay,az,gx,gy,gz\n"


def gpx(path: Path, inner: str) -> Path:
    text = f'<?xml version="1.0"?><gpx><trk><trkseg>{inner}</trkseg></trk></gpx>'
    path.write_text(text)
    return path


@pytest.mark.parametrize("when", ["2026-01-01T00:00:00+99:99", "9999-12-31T23:59:59Z"])
def test_a_time_that_is_none_is_said(tmp_path: Path, when: str) -> None:
    point = f'<trkpt lat="1" lon="2"><time>{when}</time></trkpt>'
    with pytest.raises(RecordingError, match=r"a\.gpx"):
        read_watch(gpx(tmp_path / "a.gpx", point))


@pytest.mark.parametrize("word", ["trkpt", "wpt"])
def test_a_flood_of_points_without_a_time_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setattr(watch, "MOST_POINTS", 10)
    flood = f'<{word} lat="1" lon="2"></{word}>' * 11
    with pytest.raises(RecordingError, match="more than 10 points"):
        read_watch(gpx(tmp_path / "a.gpx", flood))


def test_a_table_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MOST_BYTES", 1000)
    path = tmp_path / "left.csv.gz"
    path.write_bytes(gzip.compress(HEAD + b"0,1,2,3,4,5,6\n" * 100))
    with pytest.raises(RecordingError, match="holds more than"):
        read_columns(path, ("t", "ax"))


def test_a_header_without_an_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "left.csv"
    path.write_bytes(b"a" * 200_000 + b"," + HEAD + b"0,0,1,2,3,4,5,6\n")
    with pytest.raises(RecordingError, match="header line"):
        read_columns(path, ("t", "ax"))


def test_a_damaged_zip_of_any_kind_is_said(tmp_path: Path) -> None:
    path = tmp_path / "run.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("left.csv", bytes(range(256)) * 50)
    raw = bytearray(path.read_bytes())
    raw[60:120] = bytes(b ^ 0x5A for b in raw[60:120])
    path.write_bytes(raw)
    with pytest.raises(RecordingError, match="cannot be unpacked"):
        unpack(path, tmp_path)


def test_a_zip_of_two_sensors_is_not_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / "run.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("left/Gyroscope.csv", "1")
        packed.writestr("right/Gyroscope.csv", "2")
    with pytest.raises(RecordingError, match="more than one"):
        unpack(path, tmp_path)
