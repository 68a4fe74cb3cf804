"""Each screen of the runner's page can be read, touched and understood; faults too."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.model import Slot
from dashboards.phone import wishes as w
from tests.dashboards.test_phone_journey import store_of, tap, title
from tests.patience import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.dashboards.phone_bench import Phone

pytestmark = pytest.mark.browser
LEFT, RIGHT = Slot.LEFT, Slot.RIGHT


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory,
    chromium: "Browser",
    run_of_ana: str,
) -> "Iterator[tuple[Phone, Path]]":
    from tests.dashboards.phone_bench import served  # noqa: PLC0415 - only where used

    place = tmp_path_factory.mktemp("screens")
    with served(place / "data", chromium, run_of_ana) as phone:
        yield phone, place


@pytest.fixture
def phone(shared: "tuple[Phone, Path]") -> "Iterator[Phone]":
    """One desk for all tests here; each begins at the first screen, in good health."""
    phone, _ = shared
    yield phone
    for sensor in phone.worn().sensors.values():
        phone.soon(sensor.back_in_range)
    phone.go_home()
    phone.close()


def say_all(pages: "tuple[Page, Page]", words: str) -> None:
    """Both phones show it, and axe-core finds nothing wrong with it."""
    from tests.dashboards.phone_bench import assert_fit_for_all  # noqa: PLC0415

    for number, page in enumerate(pages):
        title(page, words)
        assert_fit_for_all(page, is_repeat=number > 0)


def test_every_screen_before_the_run_is_readable_and_big_enough(phone: "Phone") -> None:
    pages = phone.both()
    phone.kit.do(w.AddRunner(runner="amy-1", name="Amy"))
    for page in pages:
        page.get_by_text("Save my answer").wait_for()
    say_all(pages, pages[0].locator("h1").inner_text())
    phone.kit.do(w.Agree(store=True, live=True, share=False, research=False))
    for page in pages:
        page.get_by_role("button", name="Change").click()
        page.get_by_text("Somebody new").click()
    say_all(pages, pages[0].locator("h1").inner_text())
    phone.to_shake()
    say_all(pages, "Shake your left shoe.")
    phone.kit.do(w.Answer(is_right=True))
    title(pages[0], "Take ten steps.")
    say_all(pages, "All sit well.")


def test_every_screen_of_the_run_is_readable_and_big_enough(phone: "Phone") -> None:
    pages = phone.both()
    phone.known_runner("bea-1", "Bea")
    phone.to_context()
    say_all(pages, "Before you go.")
    pages[0].get_by_label("Treadmill").check()
    pages[0].get_by_label("4", exact=True).check()
    phone.kit.do(w.Start())
    say_all(pages, "Stand a moment, then run.")
    phone.soon(phone.worn().sensors[RIGHT].out_of_range)
    for page in pages:
        page.get_by_text("Right sensor lost.").wait_for()
    say_all(pages, "Running.")
    phone.soon(phone.worn().sensors[RIGHT].back_in_range)
    phone.kit.do(w.Stop())
    say_all(pages, "Done.")
    phone.kit.do(w.Home())
    pages[0].get_by_text("Last runs").wait_for()
    say_all(pages, pages[0].locator("h1").inner_text())


def test_no_sensor_near_gives_ordered_causes_and_a_way_back(phone: "Phone") -> None:
    from tests.dashboards.phone_bench import assert_fit_for_all  # noqa: PLC0415

    phone.known_runner("cia-1", "Cia")
    page = phone.open()
    for sensor in phone.worn().sensors.values():
        phone.soon(sensor.out_of_range)
    tap(page, "Ready to run")
    title(page, "Put both sensors beside the computer.")
    title(page, "No sensor was found.")
    assert page.locator("ol li").first.inner_text().startswith("Shake each sensor")
    assert_fit_for_all(page)
    for sensor in phone.worn().sensors.values():
        phone.soon(sensor.back_in_range)
    tap(page, "Try again")
    title(page, "Shake your left shoe.")


def test_the_wrong_shoe_is_put_right_with_one_tap(
    phone: "Phone", shared: "tuple[Phone, Path]"
) -> None:
    """She shook the right one though the left was asked for, and says so."""
    from processing.store.people import pairings_of  # noqa: PLC0415

    phone.known_runner("dee-1", "Dee")
    page = phone.open()
    phone.to_shake()
    tap(page, "No, it was the right one")
    phone.wait_for("fit")
    with store_of(shared[1]) as store:
        sensors = pairings_of(store, "dee-1")["Pegasus blue"].sensors
    assert [(s.slot, s.serial) for s in sensors] == [
        ("left", "TW000702"),
        ("right", "TW000701"),
    ]


def test_sensors_on_the_wrong_feet_are_exchanged_at_the_fit_check(
    phone: "Phone", shared: "tuple[Phone, Path]"
) -> None:
    """She told them apart wrongly; the check sees it, and no shoe is unlaced."""
    from processing.store.people import pairings_of  # noqa: PLC0415
    from tests.dashboards.phone_bench import assert_fit_for_all  # noqa: PLC0415

    phone.known_runner("gia-1", "Gia")
    page = phone.open()
    phone.to_shake()
    phone.kit.do(w.Answer(is_right=False))
    title(page, "Look at this first.")
    assert_fit_for_all(page)
    tap(page, "They are the other way round")
    title(page, "All sit well.")
    assert "swap" not in phone.kit.state().may
    with store_of(shared[1]) as store:
        sensors = pairings_of(store, "gia-1")["Pegasus blue"].sensors
    assert [(s.slot, s.serial) for s in sensors] == [
        ("left", "TW000701"),
        ("right", "TW000702"),
    ]


def test_a_failed_tick_has_a_picture_and_a_sentence_and_never_blocks(
    phone: "Phone",
) -> None:
    from tests.dashboards.phone_bench import assert_fit_for_all  # noqa: PLC0415

    phone.known_runner("eva-1", "Eva")
    left = phone.worn().sensors[LEFT]
    before = left.traits
    left.traits = dataclasses.replace(before, side="right")
    page = phone.open()
    phone.to_fit()
    title(page, "Look at this first.")
    row = page.locator("li.bad")
    assert "The left shoe carries a right sensor." in row.inner_text()
    assert row.locator(".why svg").is_visible()
    assert_fit_for_all(page)
    left.traits = before
    tap(page, "Go on, and mark the run “unverified”")
    title(page, "Before you go.")
    page.get_by_text("not content with left and right in turn").wait_for()
    page.get_by_text("set up as the right one").wait_for()


def test_a_battery_that_is_low_is_said_before_she_goes(phone: "Phone") -> None:
    phone.known_runner("fay-1", "Fay")
    left = phone.worn().sensors[LEFT]
    left.battery_pct = 4
    page = phone.open()
    phone.to_context()
    page.get_by_text("The left sensor's battery is at 4 %").wait_for()
    left.battery_pct = 87
    tap(page, "Back")
    page.get_by_text("Charge the left sensor").wait_for()


def test_who_does_not_agree_to_be_kept_cannot_start_and_reads_why(
    phone: "Phone",
) -> None:
    phone.kit.do(w.AddRunner(runner="gil-1", name="Gil"))
    phone.kit.do(w.Agree(store=False, live=True, share=False, research=False))
    page = phone.open()
    page.get_by_text("Gil has not agreed that runs are kept").wait_for()
    assert page.get_by_role("button", name="Ready to run").is_disabled()
    assert "ready" not in phone.kit.state().may


def test_what_was_typed_wrong_is_said_in_words(phone: "Phone") -> None:
    phone.known_runner("hal-1", "Hal")
    page = phone.open()
    page.get_by_role("button", name="Change").click()
    page.get_by_text("Somebody new").click()
    page.get_by_label("Name").fill("Hal the second")
    assert page.get_by_label("Pseudonym").input_value() == "runner-1"
    page.get_by_label("Pseudonym").fill("hal-1")
    page.locator("dialog form.card button").click()
    page.get_by_text("there is a runner hal-1 already").wait_for()
    phone.forgive("409")


def test_when_the_computer_is_gone_nothing_is_shown_as_live(phone: "Phone") -> None:
    phone.known_runner("ida-1", "Ida")
    phone.to_run()
    page = phone.open()
    title(page, "Running.")
    page.route("**/run/state*", lambda route: route.abort())
    page.get_by_text("No word from the computer.").wait_for()
    assert page.locator("main.stale .time").is_visible()
    page.unroute("**/run/state*")
    page.get_by_text("No word from the computer.").wait_for(state="hidden")
    phone.kit.do(w.Stop())
    wait_until(lambda: phone.kit.state().step == "ended")
    phone.forgive("net::ERR_")
