"""Whether everybody can read and use the wall: contrast, axe-core, names as text."""

import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from contract.messages import OutsideBand
from tests.dashboards.wall import CHECK, NOTHING, STEADY, Wall, light_of

pytestmark = pytest.mark.browser

OWN = {"usual_pct": 1.2, "band_low_pct": -0.8, "band_high_pct": 3.2}
DRIFTING = light_of("drifting", "3 points longer than your usual.", **OWN)
NO_USUAL = light_of("none", "2 of 5 earlier runs in this shoe at this pace")
SHOES = (
    OutsideBand(kind="heel_first", side="right", shift_deg=4.1, half_deg=1.0),
    OutsideBand(kind="rolls_in", side="left", shift_deg=3.0, half_deg=0.9),
)
UNCLEAR = {"asi_pct": 0.4, "ci_low": -0.4, "ci_high": 1.2}
RIGHT = {"asi_pct": 6.8, "ci_low": 5.7, "ci_high": 7.9}


def send_all_states(wall: Wall) -> None:
    """Twelve tiles on one page: every state, both sides, snoozed and simulated."""
    now_ns = time.time_ns()
    old = {"t_ns": now_ns, "data_t_ns": now_ns - 14 * 10**9}
    late = {"t_ns": now_ns, "data_t_ns": now_ns - 5 * 10**9}
    wall.send("steady", light=STEADY)
    wall.send("drifting", light=DRIFTING, outside=SHOES)
    wall.send("check", light=CHECK, **RIGHT)
    wall.send("running", light=NO_USUAL, simulated=True, **UNCLEAR)
    wall.send("warming", state="warming", n_pairs=38, **NOTHING)
    wall.send("ready", state="calibrating", **NOTHING)
    wall.send("walking", state="walking", **NOTHING)
    wall.send("one-foot", state="one_foot", note="no data", **NOTHING)
    wall.send("silent", light=CHECK, **old)
    wall.send("late", light=DRIFTING, outside=SHOES, **late)
    wall.send("ended", state="ended", light=CHECK)
    wall.send("snoozed", light=CHECK, **RIGHT)
    wall.tell("snoozed", kind="snooze", seconds=600)


# All text against what is painted behind it; of stripes, both colours. Text of a
# control that covers a tile without a colour of its own does not hide the tile.
CONTRAST = """root => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const lum = c => {
    const [r, g, b] = parse(c).slice(0, 3).map(v => v / 255)
      .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const backs = e => {
    for (let at = e; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const stripes = style.backgroundImage.match(/rgb\\([^)]*\\)/g);
      if (stripes) return stripes;
      const alpha = parse(style.backgroundColor)[3];
      if (alpha === undefined || alpha > 0) return [style.backgroundColor];
    }
    return ["rgb(255, 255, 255)"];
  };
  const bare = e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  const poor = [];
  for (const e of document.querySelectorAll(`${root} *`)) {
    if (!bare(e) || !e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    const front = lum(e.namespaceURI.endsWith("svg") ? style.fill : style.color);
    for (const back of backs(e)) {
      const [low, high] = [front, lum(back)].sort((a, b) => a - b);
      const ratio = (high + .05) / (low + .05);
      if (ratio < 4.5) poor.push(`${e.className.baseVal ?? e.className}: ${ratio}`);
    }
  }
  return poor;
}"""


RUN_AXE = """() => { window.found = null;
  axe.run({resultTypes: ["violations"]}).then(({violations}) => {
    window.found = violations.map(v => `${v.id}: ${v.nodes.map(n => n.html)}`);
  });
}"""


def violations(page: Page) -> list[str]:
    """What axe-core finds; it waits by the page's clock, which only moves by hand."""
    page.evaluate(Axe().axe_script)
    page.evaluate(RUN_AXE)
    for _ in range(400):
        page.clock.run_for(2)
        found = page.evaluate("window.found")
        if found is not None:
            return found
    pytest.fail("axe-core never answered")


def settle(page: Page) -> None:
    """Let the colours of a changed state arrive: they fade in."""
    page.clock.run_for(300)
    page.evaluate(
        "Promise.all(document.getAnimations().map(a => a.finished.catch(() => 0)))"
    )


@pytest.mark.parametrize("query", ["", "?sun"])
def test_every_word_of_every_state_is_readable(wall: Wall, query: str) -> None:
    send_all_states(wall)
    page = wall.open(1920, 1080, query)
    settle(page)
    assert page.locator("article:visible").count() == 12
    for state in ("steady", "drifting", "check", "late", "silent", "ended", "snoozed"):
        expect(page.locator(f"article.{state}")).not_to_have_count(0)
    assert page.evaluate(CONTRAST, "body") == []
    assert violations(page) == []


@pytest.mark.parametrize("query", ["", "?sun"])
def test_the_sheet_behind_a_tile_is_readable(wall: Wall, query: str) -> None:
    now_ns = time.time_ns()
    for ago_s in range(60, -1, -2):
        t_ns = now_ns - ago_s * 10**9
        wall.send(light=CHECK, outside=SHOES, t_ns=t_ns, data_t_ns=t_ns)
    wall.tell(kind="alert_raised", code="TW-021", t_ns=now_ns - 20 * 10**9)
    page = wall.open(query=query)
    page.keyboard.press("1")
    expect(page.locator("#chart-contact .line.L")).to_have_count(1)
    page.locator("summary").click()
    settle(page)
    assert page.evaluate(CONTRAST, "#detail") == []
    assert violations(page) == []


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
def test_strip_phone_and_empty_wall_pass_axe(
    wall: Wall, width: int, height: int
) -> None:
    page = wall.open(width, height)
    assert violations(page) == []
    send_all_states(wall)
    expect(page.locator(".chip")).not_to_have_count(0)
    settle(page)
    assert page.evaluate(CONTRAST, "body") == []
    assert violations(page) == []
    page.keyboard.press("?")
    assert page.evaluate(CONTRAST, "#keys") == []


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def test_a_hostile_name_is_text_everywhere(wall: Wall) -> None:
    wall.send(name=HOSTILE, shoe=HOSTILE, note=HOSTILE, light=NO_USUAL)
    page = wall.open()
    page.on("dialog", lambda dialog: wall.complaints.append(dialog.message))
    assert page.locator("article .name").inner_text() == HOSTILE
    page.keyboard.press("1")
    assert page.locator("#detail-name").inner_text() == HOSTILE
    page.keyboard.press("m")
    expect(page.locator("#notice-text")).to_contain_text(f"{HOSTILE} marked")
    page.keyboard.press("Escape")
    wall.send(name=HOSTILE, light=light_of("check", HOSTILE, "TW-021", **OWN))
    expect(page.locator("#news")).to_contain_text(HOSTILE)
    assert page.locator("img, script:not([src])").count() == 0


def test_who_listens_hears_states_and_figures(wall: Wall) -> None:
    send_all_states(wall)
    page = wall.open(1920, 1080)
    labels = page.locator("article").evaluate_all("all => all.map(e => e.ariaLabel)")
    assert labels[1] == (
        "Drifting, drifting, left contact 4.1 percent longer,"
        " likely 3.2 to 5.0 percent, right foot lands more on the heel than usual,"
        " left foot rolls in more than usual, 3 points longer than your usual."
    )
    assert labels[3].startswith("Running, simulated, running, no clear difference,")
    assert "snoozed until 07:14" in labels[11]
    assert page.locator("#news").get_attribute("aria-live") == "polite"
