"""The report tells of the sensors and their radio, and whether they were checked."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from contract.messages import LinkInfo, SensorInfo, SessionMeta
from contract.rows import EventRow
from dashboards.report.build import build_report, write_report
from dashboards.report.data import ReportData, collect
from dashboards.report.links import (
    LONGEST_WORD,
    link_facts,
    link_rows,
    unverified_note,
)
from dashboards.report.losses import loss_note
from processing.store.sqlite import SqliteStore
from tests.dashboards.runs import (
    KEYS,
    START_NS,
    Shelf,
    full_run,
    judged_run,
    page_of,
    quality,
    session,
    wear,
    words_of,
)
from tests.dashboards.test_report import CHROMIUM_FLAGS

NOT_CHECKED = "the sensors were not checked before this run"
LINK = LinkInfo(
    received=36_512, duplicate=12, lost=0, repaired=240, malformed=1, reconnects=2,
    lost_s=0.0, battery_pct=83, clock_bound_ms=1.12,
)  # fmt: skip


def sensor(link: LinkInfo | None = LINK, **changes: object) -> SensorInfo:
    told = {"family": "treadwear-v1", "serial": "TW000701", "firmware": "1.0",
            "rate_hz": 207.96, **changes}  # fmt: skip
    return SensorInfo(**told, link=link)


def lossy(lost: int, lost_s: float) -> SensorInfo:
    return sensor(LinkInfo(received=36_000, lost=lost, lost_s=lost_s))


def meta_of(unverified: str = "", **sensors: SensorInfo) -> SessionMeta:
    return SessionMeta(
        runner=KEYS["runner"],
        session=KEYS["session"],
        origin_ns=START_NS,
        sensors=sensors,
        unverified=unverified,
    )


def told(*rows: object, unverified: str = "", **sensors: SensorInfo) -> ReportData:
    """What is known of a run whose radio did like that."""
    shelf = Shelf(session(), *rows, meta_of(unverified, **sensors))
    return collect(shelf, KEYS["session"], UTC)


def first_page(page: str) -> str:
    return page[: page.index("For the physio or coach")]


# ---- whether the sensors were checked ----


def test_a_run_without_a_check_says_so_above_the_verdict_and_what_to_do() -> None:
    page = page_of(*full_run().kept, meta_of(NOT_CHECKED))
    assert (
        f"Not verified before the run: {NOT_CHECKED}. Next time, run \u201ctreadwear "
        "check --runner ana-1 --shoe 'Pegasus blue'\u201d before you start"
    ) in words_of(page)
    assert page.index("Not verified") < page.index('class="verdict')
    assert page.count("Not verified") == 1


def test_a_run_without_a_check_keeps_all_of_its_figures() -> None:
    checked = page_of(*full_run().kept, meta_of())
    unchecked = page_of(*full_run().kept, meta_of(NOT_CHECKED))
    figures = re.compile(r'<div class="forest">.*?</table>', re.DOTALL)
    assert figures.findall(checked) == figures.findall(unchecked) != []
    assert ("A · 98.7 %" in checked, "B · 98.7 %" in unchecked) == (True, True)


def test_a_checked_run_and_a_recording_say_nothing_of_a_check() -> None:
    for kept in ((meta_of(" "),), ()):
        assert "verified" not in words_of(page_of(*full_run().kept, *kept))


def test_without_a_shoe_the_command_names_none() -> None:
    data = told(unverified=f"{NOT_CHECKED}.")
    bare = replace(data, session=session(shoe=""))
    assert unverified_note(bare) == (
        f"{NOT_CHECKED}. Next time, run \u201ctreadwear check --runner ana-1\u201d "
        "before you start: it says what to put right."
    )


# ---- the table of page 2 ----


def test_each_sensor_has_its_row_in_its_colour_left_first() -> None:
    hip = sensor(family="movesense", serial="174630000123")
    page = page_of(
        session(), meta_of(hip=hip, right=sensor(serial="TW000702"), left=sensor())
    )
    table = page[page.index("Sensors and links") :]
    heads = re.findall(r'<th scope="row" class="(\w?) strong">([\w ]+)', table)
    assert heads == [("L", "Left shoe"), ("R", "Right shoe"), ("", "Hip")]
    assert table.index("TW000701") < table.index("TW000702") < table.index("1746300")


def test_a_row_tells_what_the_sensor_is_and_how_its_link_did() -> None:
    link = LinkInfo(
        received=36_512, duplicate=12, lost=61, repaired=240, malformed=1,
        reconnects=2, lost_s=6.12, battery_pct=3, clock_bound_ms=1.16,
    )  # fmt: skip
    (row,) = link_rows(told(left=sensor(link)))
    assert row.cells == (
        ("Family", "treadwear-v1"),
        ("Serial", "TW000701"),
        ("Firmware", "1.0"),
        ("Rate, Hz", "208.0"),
        ("Packets", "36\N{NARROW NO-BREAK SPACE}512"),
        ("Lost", "61"),
        ("Lost, s", "6.1"),
        ("Repaired", "240"),
        ("Twice", "12"),
        ("Malformed", "1"),
        ("Reconnects", "2"),
        ("Battery", "3 %"),
        ("Clock, ± ms", "1.2"),
    )


def test_what_a_sensor_does_not_tell_reads_not_known() -> None:
    (row,) = link_rows(told(hip=SensorInfo(serial=" ", link=LinkInfo())))
    unknown = [head for head, cell in row.cells if cell == "not known"]
    assert unknown == ["Serial", "Firmware", "Rate, Hz", "Battery", "Clock, ± ms"]
    assert not re.search(r"\bNone\b|\bnan\b", words_of(page_of(session(), meta_of())))


def test_a_recording_has_no_links_to_tell_of() -> None:
    recorded = meta_of(left=sensor(None), right=sensor(None))
    for kept in ((recorded,), ()):
        page = page_of(*full_run().kept, *kept)
        assert "Sensors and links" not in page
        assert "Bluetooth" not in page
        assert "Lost on the radio" not in page


def test_of_several_sensors_only_those_on_the_radio_are_listed() -> None:
    rows = link_rows(told(left=sensor(None), right=sensor()))
    assert [row.place for row in rows] == ["Right shoe"]


def test_a_serial_number_beyond_all_measure_is_cut_and_says_so() -> None:
    (row,) = link_rows(told(left=sensor(serial="7" * 500)))
    serial = dict(row.cells)["Serial"]
    assert serial == "7" * (LONGEST_WORD - 1) + "\N{HORIZONTAL ELLIPSIS}"


def test_what_a_strange_sensor_says_of_itself_stays_text() -> None:
    nasty = "<script>alert(1)</script><img src=x>"
    strange = sensor(family=nasty, serial=nasty, firmware=nasty)
    kept = meta_of(nasty, **{"left": strange, nasty: lossy(5, 1.0)})
    page = page_of(*full_run(shoe=nasty).kept, kept)
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 6


def test_the_load_of_the_shoes_is_told_once_with_parts_of_the_run_or_without() -> None:
    with_parts = full_run().kept
    without = [r for r in with_parts if getattr(r, "window", "run") == "run"]
    one_foot = (session(), quality("right"), wear("right", 0.34))
    for kept in (with_parts, without, one_foot):
        assert page_of(*kept).count("<caption>Load of each shoe") == 1


# ---- what was lost for good ----


def test_packets_that_never_came_are_said_in_one_sentence_on_page_one() -> None:
    kept = meta_of(hip=lossy(3, 0.24), left=lossy(61, 6.12), right=sensor())
    page = page_of(*full_run().kept, kept)
    sentence = (
        "Lost on the radio: 61 packets of the left shoe sensor (6.1 s) and 3 packets "
        "of the hip sensor (0.2 s)."
    )
    assert f"Data lost for good. {sentence}" in words_of(first_page(page))
    assert page.count("Lost on the radio") == 1


@pytest.mark.parametrize(
    ("lost", "lost_s", "words"),
    [
        (1, 0.05, "1 packet of the left shoe sensor (under 0.1 s)"),
        (1200, 60.0, "1\N{NARROW NO-BREAK SPACE}200 packets of the left shoe sensor"),
        (0, 6.04, "6.0 s of the left shoe sensor."),
    ],
)
def test_a_loss_is_told_in_packets_or_where_they_bear_no_number_in_time(
    lost: int, lost_s: float, words: str
) -> None:
    assert words in loss_note(told(left=lossy(lost, lost_s)))


def test_seconds_that_the_radio_lost_are_not_said_a_second_time() -> None:
    gaps = quality("left", gaps=2, lost_s=6.5)
    note = loss_note(told(gaps, left=lossy(61, 6.1)))
    assert note == "Lost on the radio: 61 packets of the left shoe sensor (6.1 s)."


def test_seconds_that_were_lost_elsewhere_are_said_beside_the_radios() -> None:
    rows = quality("left", gaps=3, lost_s=126.1), quality("right", gaps=1, lost_s=3.2)
    assert loss_note(told(*rows, left=lossy(61, 6.1), right=sensor())) == (
        "Lost on the radio: 61 packets of the left shoe sensor (6.1 s). Missing "
        "between the first and the last sample: 126.1 s of the left shoe sensor "
        "(3 places) and 3.2 s of the right shoe sensor (one place)."
    )


def test_repaired_and_doubled_packets_are_no_loss() -> None:
    jitter = LinkInfo(received=900, repaired=50, duplicate=7, malformed=2, lost_s=0.03)
    assert loss_note(told(left=sensor(jitter), right=sensor())) == ""


# ---- the same as JSON, and from the store ----


def test_the_facts_for_json_are_what_was_told_uncut() -> None:
    meta = meta_of(NOT_CHECKED, left=sensor(serial="7" * 50), right=sensor(None))
    facts = json.loads(json.dumps(link_facts(meta), allow_nan=False))
    assert facts["unverified"] == NOT_CHECKED
    assert list(facts["sensors"]) == ["left"]
    left = facts["sensors"]["left"]
    assert (left["family"], left["serial"]) == ("treadwear-v1", "7" * 50)
    assert left["link"]["repaired"] == 240
    assert left["link"]["clock_bound_ms"] == 1.12
    assert link_facts(None) == {"unverified": "", "sensors": {}}


def test_the_embedded_store_knows_what_the_run_told_of_its_sensors(
    tmp_path: Path,
) -> None:
    meta = meta_of(NOT_CHECKED, left=sensor(), right=lossy(61, 6.1))
    with SqliteStore.open(tmp_path / "runs.sqlite") as store:
        store.commit_raw([], [meta])
        store.write(full_run().kept)
        path = write_report(store, KEYS["session"], tmp_path / "run.html", UTC)
    shelf = Shelf(*full_run().kept, meta)
    assert path.read_text("utf-8") == build_report(collect(shelf, KEYS["session"], UTC))


# ---- on paper and on a phone ----


def crowded_run() -> Shelf:
    """All there can be: three talkative sensors that lost packets, moved, unchecked."""
    link = LinkInfo(
        received=1_234_567, duplicate=12_345, lost=12_345, repaired=12_345,
        malformed=123, reconnects=45, lost_s=1234.5, battery_pct=100,
        clock_bound_ms=12.3,
    )  # fmt: skip
    long = sensor(
        link, family="polar-verity-sense", serial="W" * 80, firmware="9." * 40
    )
    why = "the check before the run found: streaming, stillness, tightness, clock"
    slips = [
        EventRow(**{**KEYS, "time_ns": START_NS + i * 10**12}, side="left",
                 kind="slip", text=f"the left sensor turned by 1{i} deg on its shoe")
        for i in range(5)
    ]  # fmt: skip
    kept = judged_run(simulated=True).kept
    return Shelf(*kept, *slips, meta_of(why, left=long, right=long, hip=long))


@pytest.mark.browser
def test_a_run_with_much_to_tell_of_its_radio_still_prints_on_two_pages(
    tmp_path: Path, require: Callable[..., str]
) -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where used

    path = write_report(crowded_run(), KEYS["session"], tmp_path / "run.html", UTC)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=require("chromium"), args=list(CHROMIUM_FLAGS)
        )
        tab = browser.new_context(offline=True).new_page()
        tab.goto(path.as_uri())
        printed = tab.pdf(prefer_css_page_size=True)
        tab.set_viewport_size({"width": 794, "height": 1123})  # A4 at 96 dpi
        tab.emulate_media(media="print")
        reaches = tab.evaluate(
            "[...document.querySelectorAll('table')].map("
            "t => Math.round(t.getBoundingClientRect().right))"
        )
        browser.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
    assert max(reaches) <= 794 - 30  # printers leave about 8 mm white


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_long_serial_numbers_never_make_the_page_scroll_sideways(
    tmp_path: Path, width: int, require: Callable[..., str]
) -> None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where used

    path = write_report(crowded_run(), KEYS["session"], tmp_path / "run.html", UTC)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=require("chromium"), args=list(CHROMIUM_FLAGS)
        )
        tab = browser.new_context(
            viewport={"width": width, "height": 844}, offline=True
        ).new_page()
        tab.goto(path.as_uri())
        overflow = tab.evaluate(
            "document.documentElement.scrollWidth - window.innerWidth"
        )
        told = tab.locator(".links").inner_text()
        browser.close()
    assert overflow <= 0
    assert told.count("W" * (LONGEST_WORD - 1)) == 3
