"""FIT and GPX of watches are read; what is damaged or hostile is refused, in words."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import watch
from collector.watch import read_watch
from contract.errors import RecordingError
from contract.units import NS_PER_S
from dashboards.export.fit import write_fit
from dashboards.export.fit_fields import Activity

BEGIN_S = 1_763_000_000
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
GPX = (
    HEAD
    + '<gpx version="1.1" creator="watch" xmlns="http://www.topografix.com/GPX/1/1"'
    ' xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1">\n'
    "<trk><trkseg>{points}</trkseg></trk></gpx>\n"
)
POINT = (
    '<trkpt lat="{lat}" lon="13.4"><ele>35.5</ele>'
    "<time>2025-11-13T02:13:{s:02d}Z</time>"
    "<extensions><gpxtpx:TrackPointExtension><gpxtpx:hr>{hr}</gpxtpx:hr>"
    "<gpxtpx:cad>85</gpxtpx:cad></gpxtpx:TrackPointExtension></extensions></trkpt>"
)


def gpx(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def points(*seconds: int, lat: str = "52.5", hr: str = "150") -> str:
    return "".join(POINT.format(s=s, lat=lat, hr=hr) for s in seconds)


def fit(path: Path, n: int = 60) -> Path:
    figures = {
        "cadence_spm": np.full(n, 171.0),
        "heart_rate_bpm": np.linspace(140, 160, n).round(),
        "latitude_deg": np.full(n, -33.85),
        "longitude_deg": np.full(n, 151.2),
        "altitude_m": np.full(n, 12.2),
        "speed_mps": np.full(n, 3.25),
    }
    figures["heart_rate_bpm"][5] = np.nan
    t_ns = (BEGIN_S + np.arange(n)) * NS_PER_S
    write_fit(path, Activity("s1", t_ns, figures))
    return path


def test_a_fit_file_tells_each_second(tmp_path: Path) -> None:
    found = read_watch(fit(tmp_path / "run.fit"))
    assert found.source == "FIT run.fit"
    assert [p.t_ns for p in found.points] == [
        (BEGIN_S + k) * NS_PER_S for k in range(60)
    ]
    first = found.points[0]
    assert first.latitude_deg == pytest.approx(-33.85, abs=1e-6)
    assert first.longitude_deg == pytest.approx(151.2, abs=1e-6)
    assert first.altitude_m == pytest.approx(12.2)
    assert first.speed_mps == 3.25
    assert (first.heart_rate_bpm, first.cadence_spm) == (140, 171)
    assert found.points[5].heart_rate_bpm is None
    assert found.has_cadence


def test_a_gpx_file_tells_each_point(tmp_path: Path) -> None:
    path = gpx(tmp_path / "run.gpx", GPX.format(points=points(20, 22)))
    found = read_watch(path)
    first = found.points[0]
    assert first.t_ns == BEGIN_S * NS_PER_S
    assert (first.latitude_deg, first.longitude_deg) == (52.5, 13.4)
    assert (first.altitude_m, first.heart_rate_bpm) == (35.5, 150)
    assert first.cadence_spm == 170  # 85 strides
    assert found.points[1].t_ns == (BEGIN_S + 2) * NS_PER_S


def test_other_makers_names_of_heart_rate_and_cadence_are_known(tmp_path: Path) -> None:
    text = GPX.format(points=points(20, 21)).replace("gpxtpx:cad>", "gpxtpx:cadence>")
    text = text.replace("gpxtpx:hr>", "gpxtpx:HeartRate>")
    found = read_watch(gpx(tmp_path / "a.gpx", text))
    assert (found.points[0].heart_rate_bpm, found.points[0].cadence_spm) == (150, 170)


def test_cadence_that_is_in_steps_already_stays(tmp_path: Path) -> None:
    text = GPX.format(points=points(20, 21)).replace(">85<", ">170<")
    found = read_watch(gpx(tmp_path / "a.gpx", text))
    assert found.points[0].cadence_spm == 170


def test_a_gpx_without_cadence_says_so(tmp_path: Path) -> None:
    bare = '<trkpt lat="1" lon="2"><time>2025-11-13T02:13:20Z</time></trkpt>'
    found = read_watch(gpx(tmp_path / "a.gpx", GPX.format(points=bare)))
    assert not found.has_cadence
    assert found.points[0].heart_rate_bpm is None


def test_points_are_put_in_order_each_moment_once(tmp_path: Path) -> None:
    text = GPX.format(points=points(25, 21, 25, 23))
    times = [p.t_ns for p in read_watch(gpx(tmp_path / "a.gpx", text)).points]
    assert times == sorted(set(times))
    assert len(times) == 3


@pytest.mark.parametrize(
    ("lat", "hr"), [("nan", "150"), ("95.0", "150"), ("52", "inf"), ("52", "9999")]
)
def test_what_nobody_can_have_is_left_out(tmp_path: Path, lat: str, hr: str) -> None:
    text = GPX.format(points=points(20, lat=lat, hr=hr))
    (point,) = read_watch(gpx(tmp_path / "a.gpx", text)).points
    assert (point.latitude_deg is None) == (lat != "52")
    assert (point.heart_rate_bpm is None) == (hr != "150")


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE gpx SYSTEM "file:///etc/hostname">',
        '<!DOCTYPE gpx [<!ENTITY % remote SYSTEM "http://192.0.2.1/x"> %remote;]>',
    ],
)
def test_xml_that_declares_entities_is_refused_unread(
    tmp_path: Path, declared: str
) -> None:
    text = GPX.format(points=points(20)).replace(HEAD, HEAD + declared)
    with pytest.raises(RecordingError, match="is refused") as fault:
        read_watch(gpx(tmp_path / "a.gpx", text))
    assert "entities" in fault.value.why


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le"])
def test_entities_do_not_hide_behind_another_coding(
    tmp_path: Path, coding: str
) -> None:
    text = GPX.format(points=points(20)).replace(HEAD, HEAD + "<!DOCTYPE gpx []>")
    (tmp_path / "a.gpx").write_bytes(text.encode(coding))
    with pytest.raises(RecordingError):
        read_watch(tmp_path / "a.gpx")


def test_a_flood_of_namespaces_is_refused(tmp_path: Path) -> None:
    text = GPX.format(points=points(20)) + " xmlns" * 100_000
    with pytest.raises(RecordingError, match="is refused"):
        read_watch(gpx(tmp_path / "a.gpx", text))


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MOST_BYTES", 1000)
    with pytest.raises(RecordingError) as fault:
        read_watch(fit(tmp_path / "a.fit"))
    assert "larger than" in fault.value.why


def test_a_file_of_too_many_moments_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MOST_POINTS", 10)
    with pytest.raises(RecordingError) as fault:
        read_watch(fit(tmp_path / "a.fit"))
    assert "more than 10 moments" in fault.value.why


def test_times_years_apart_are_no_run(tmp_path: Path) -> None:
    far = points(21).replace("2025", "2125")
    with pytest.raises(RecordingError) as fault:
        read_watch(gpx(tmp_path / "a.gpx", GPX.format(points=points(20) + far)))
    assert "days" in fault.value.why


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "<gpx>",
        HEAD + "<kml></kml>",
        HEAD + "<gpx/>",
        GPX.format(points='<trkpt lat="x" lon="2"><time>2025</time></trkpt>'),
        GPX.format(points='<trkpt lat="1" lon="2"></trkpt>'),
        GPX.format(points="<trkpt>" * 5000),
    ],
)
def test_xml_that_tells_no_run_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RecordingError):
        read_watch(gpx(tmp_path / "a.gpx", text))


def test_a_file_that_is_neither_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="cannot be read") as fault:
        read_watch(gpx(tmp_path / "a.csv", "t,hr\n1,150\n"))
    assert "neither like a FIT nor like a GPX" in fault.value.why
    with pytest.raises(RecordingError, match="cannot be read"):
        read_watch(tmp_path / "missing.fit")
    with pytest.raises(RecordingError, match="cannot be read"):
        read_watch(tmp_path)


def test_a_fit_file_with_a_changed_byte_is_damaged(tmp_path: Path) -> None:
    path = fit(tmp_path / "a.fit")
    raw = bytearray(path.read_bytes())
    raw[-20] ^= 0x10
    path.write_bytes(raw)
    with pytest.raises(RecordingError, match="is damaged") as fault:
        read_watch(path)
    assert "Copy the file again" in fault.value.next_step


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Bytes of a good FIT file."""
    return fit(tmp_path_factory.mktemp("fit") / "a.fit", 8).read_bytes()


@given(data=st.data())
def test_no_bytes_do_more_than_be_refused(
    whole: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Cut short, changed, or anything after the four letters of a FIT file."""
    raw = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = raw[: data.draw(st.integers(0, len(raw)))]
    extra = data.draw(st.binary(max_size=40))
    path = tmp_path_factory.mktemp("fit") / "a.fit"
    path.write_bytes(bytes(cut) + extra)
    try:
        found = read_watch(path)
    except RecordingError:
        return
    assert found.points
