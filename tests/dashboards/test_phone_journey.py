"""The runner's page in a browser at 390 x 844, from the first screen to the report.

Everything is real but the air, the sensors and the runner; see `phone_bench`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract import wire
from contract.messages import SessionMeta
from contract.model import Slot
from dashboards.phone import wishes as w
from processing.store.people import (
    consents_of,
    pains_of,
    pairings_of,
    profile_of,
    shoes_of,
)
from processing.store.sqlite import SqliteStore
from tests.patience import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.dashboards.phone_bench import Phone

pytestmark = pytest.mark.browser
LEFT = Slot.LEFT
NASTY = "<script>alert(1)</script>"


@pytest.fixture
def phone(tmp_path: Path, chromium: "Browser", run_of_ana: str) -> "Iterator[Phone]":
    from tests.dashboards.phone_bench import served  # noqa: PLC0415 - only where used

    with served(tmp_path / "data", chromium, run_of_ana) as phone:
        yield phone


def store_of(tmp_path: Path) -> SqliteStore:
    return SqliteStore.open(tmp_path / "data" / "treadwear.db", read_only=True)


def last_meta(store: SqliteStore) -> SessionMeta:
    meta = store.meta(store.sessions()[0].session)
    assert meta is not None
    return meta


def title(page: "Page", words: str) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415 - only where used

    expect(page.locator("h1")).to_have_text(words, timeout=20_000)


def tap(page: "Page", words: str) -> None:
    page.get_by_role("button", name=words).click()


def test_from_the_first_screen_to_the_report(phone: "Phone", tmp_path: Path) -> None:
    """Two phones see the same, and either may be touched."""
    here, there = phone.both()
    title(here, "Who runs?")
    says_who_she_is(here, there)
    tap(here, "Ready to run")
    title(here, "Shake your left shoe.")
    here.get_by_text("Got it: this is left.").wait_for()
    tap(there, "Yes, next")
    title(here, "Take ten steps.")
    title(there, "All sit well.")
    assert there.get_by_text("good", exact=True).count() == 6
    tap(here, "Next")
    title(here, "Before you go.")
    says_where_she_runs(here)
    tap(here, "Start")
    title(there, "Stand a moment, then run.")
    title(there, "Running.")
    here.get_by_text("Recording to disk").wait_for()
    wait_until(lambda: phone.run.elapsed_s >= 45)
    tap(here, "Stop")
    tap(here, "Tap again to stop")
    title(there, "Done.")
    there.get_by_label("3", exact=True).check()
    tap(there, "Keep this answer")
    here.get_by_text("Kept: pain 3 of 10.").wait_for()
    assert_kept(tmp_path)
    here.get_by_role("link", name="See the report").click()
    here.get_by_text("stayed down").first.wait_for()
    here.go_back()
    tap(here, "Back to the start")
    there.get_by_text("Last runs").wait_for()


def says_who_she_is(here: "Page", there: "Page") -> None:
    here.get_by_label("Name").fill("Ana")
    pseudonym = here.get_by_label("Pseudonym")
    assert pseudonym.input_value() == "runner-1"
    pseudonym.fill("ana-1")
    tap(here, "Add")
    tap(there, "Save my answer")
    here.get_by_role("button", name="Change").click()
    here.get_by_label("Another pair").fill("Pegasus blue")
    tap(here, "Add")
    there.get_by_text("Pegasus blue").wait_for()


def says_where_she_runs(page: "Page") -> None:
    page.get_by_label("Track").check()
    page.get_by_label("To the left").check()
    page.get_by_label("2", exact=True).check()
    page.get_by_label("Where?").fill("left knee")
    page.get_by_label("Note").fill("windy")


def assert_kept(tmp_path: Path) -> None:
    """All that she said is in the store, where it belongs."""
    with store_of(tmp_path) as store:
        meta = last_meta(store)
        said = (meta.runner, meta.name, meta.shoe, meta.surface, meta.bends, meta.note)
        assert said == ("ana-1", "Ana", "Pegasus blue", "track", "left", "windy")
        assert meta.unverified == ""
        assert not meta.consent_live
        assert [p.pain for p in pains_of(store, "ana-1")] == [2, 3]
        assert pains_of(store, "ana-1")[0].where == "left knee"
        assert profile_of(store, "ana-1").name == "Ana"
        answers = consents_of(store, "ana-1")
        assert [(a.store, a.live, a.share) for a in answers] == [(True, False, False)]
        sensors = pairings_of(store, "ana-1")["Pegasus blue"].sensors
        assert [s.serial for s in sensors] == ["TW000701", "TW000702"]
        row = store.sessions()[0]
        assert row.steps > 60
        assert row.verdict in ("slightly different", "clearly different")


def test_the_second_time_takes_two_taps(phone: "Phone") -> None:
    """Known sensors that were checked: nothing is shaken, nothing is stepped."""
    phone.known_runner()
    phone.to_fit()
    phone.wait_for("fit")
    wait_until(lambda: "next" in phone.kit.state().may)
    phone.kit.do(w.Home())
    page = phone.open()
    tap(page, "Ready to run")
    title(page, "Before you go.")
    tap(page, "Start")
    page.get_by_text("Recording to disk").wait_for()
    state = phone.kit.state()
    assert state.shake is None
    assert state.fit is None
    phone.kit.do(w.Stop())


def test_a_reload_and_a_sleeping_phone_change_nothing(
    phone: "Phone", tmp_path: Path
) -> None:
    phone.known_runner()
    page = phone.open()
    phone.to_run(w.Start(shoe="Pegasus blue", surface="road", bends="both"))
    page.close()  # nobody looks, the run goes on
    wait_until(lambda: phone.run.phase == "running")
    page = phone.open()
    title(page, "Running.")
    page.reload()
    title(page, "Running.")
    before = phone.run.elapsed_s
    wait_until(lambda: phone.run.elapsed_s > before)
    tap(page, "Stop")
    page.get_by_role("button", name="Tap again to stop").wait_for()
    assert phone.kit.state().step == "running"  # one tap alone is none
    page.keyboard.press("Enter")
    title(page, "Done.")
    with store_of(tmp_path) as store:
        meta = last_meta(store)
        assert meta.unverified == "the sensors were not checked before this run"
        assert (meta.surface, meta.bends) == ("road", "both")


def test_a_lost_link_is_said_and_comes_back(phone: "Phone") -> None:
    phone.known_runner()
    phone.to_run()
    page = phone.open()
    left = phone.worn().sensors[LEFT]
    phone.soon(left.out_of_range)
    page.get_by_text("Left sensor lost.").wait_for()
    assert page.get_by_text("what came before is safe").is_visible()
    assert "live" not in page.locator("li", has_text="Left").inner_text()
    phone.soon(left.back_in_range)
    wait_until(lambda: not phone.run.lost)
    page.get_by_text("Left sensor lost.").wait_for(state="hidden")
    phone.kit.do(w.Stop())


def test_who_simply_runs_is_recorded_from_the_standing_on(
    phone: "Phone", tmp_path: Path
) -> None:
    phone.known_runner()
    page = phone.open()
    phone.to_context()
    title(page, "Before you go.")
    phone.soon(phone.worn().run)
    title(page, "Running.")
    wait_until(lambda: phone.run.disk == "safe")
    elapsed_s = phone.run.elapsed_s
    phone.kit.do(w.Stop())
    phone.wait_for("ended")
    with store_of(tmp_path) as store:
        frames = store.frames(store.sessions()[0].session)
        samples = sum(wire.decode(f.payload).n for f in frames if f.slot is Slot.LEFT)
    # Ten seconds of running cadence came before it was noticed, and standing.
    assert samples / 208 > elapsed_s + 8


def test_names_that_are_scripts_harm_nobody(phone: "Phone", tmp_path: Path) -> None:
    from tests.dashboards.phone_bench import assert_fit_for_all  # noqa: PLC0415

    for page in phone.both():
        title(page, "Who runs?")
        assert_fit_for_all(page)
    phone.kit.do(w.AddRunner(runner="eve", name=NASTY))
    phone.kit.do(w.Agree(store=True, live=False, share=False, research=False))
    phone.kit.do(w.ChooseShoe(shoe=NASTY))
    page = phone.open()
    assert NASTY in page.locator("h1").inner_text()
    page.get_by_role("button", name="Change").click()
    page.get_by_role("button", name="Close").click()
    phone.to_run(w.Start(shoe=NASTY, note=NASTY, where=NASTY, pain=1))
    phone.kit.do(w.Stop())
    title(page, "Done.")
    page.get_by_role("link", name="See the report").click()
    page.get_by_text(NASTY).first.wait_for()
    assert page.locator("script", has_text="alert").count() == 0
    with store_of(tmp_path) as store:
        assert NASTY in shoes_of(store, "eve")
