// What lies behind a tile: the last ten minutes, and the words of a watcher.

import { drawContact, drawDifference } from "./chart.js";
import { AGAINST } from "./glyphs.js";
import { paintHead, set } from "./tile.js";
import { likely, nameOf, percent, shortTime } from "./words.js";

const EVERY_MS = 5000;
const $ = (id) => document.getElementById(id);
const part = (name) => $("detail").querySelector(`.${name}`);

let entry = null;
let history = null;
let askedMs = -Infinity;
let closed = () => {};

export function setUpDetail(say) {
  const tell = (deed) => entry && say(entry.tile.runner, deed);
  $("do-mark").addEventListener("click", () => tell("mark"));
  $("do-snooze").addEventListener("click", () => tell(entry?.view.isSnoozed ? "wake" : "snooze"));
  $("detail-close").addEventListener("click", closeDetail);
  $("detail").addEventListener("close", forget); // also when Escape closed it
  $("detail").addEventListener("click", (event) => event.target === $("detail") && closeDetail());
  addEventListener("resize", draw);
  addEventListener("popstate", closeDetail);
}

/** Open it; the browser gives the focus back to the tile when it closes. */
export function openDetail(shown, offers, whenClosed) {
  [entry, history, askedMs, closed] = [shown, null, -Infinity, whenClosed];
  $("detail").showModal();
  window.history.pushState({ detail: true }, ""); // the phone's way back closes it, too
  paintDetail(shown, offers);
  draw();
  part("scroll").scrollTop = 0;
}

export function closeDetail() {
  if ($("detail").open) $("detail").close();
}

function forget() {
  if (window.history.state?.detail) window.history.back();
  [entry, history] = [null, null];
  closed();
}

export function paintDetail(shown, offers) {
  entry = shown;
  const { tile, view } = shown;
  $("detail").className = `detail ${view.state.key} ${view.state.tone}`;
  paintHead(part, tile, view);
  const said = figures(view);
  set($("figures"), said);
  const isNews = view.fresh === "live" && !said.endsWith(tile.light.text);
  set($("light-text"), isNews ? tile.light.text : "");
  set($("outside-text"), outside(view.notes.glyphs));
  paintDeeds(view, offers, tile);
  if (performance.now() - askedMs > EVERY_MS) ask(tile.runner);
}

function outside(glyphs) {
  const all = glyphs.map(({ words, by }) => `${words}, ${by}`).join("; ");
  return all && `${all}: ${AGAINST}.`;
}

function figures(view) {
  if (!view.number) return `${view.big}${view.of}${view.of ? " " : ": "}${view.small}`;
  const figure = view.side ? `${view.side} ${view.number} % longer` : `${view.small}, about ${view.number} %`;
  return `${figure}, ${view.likely}${view.fresh === "late" ? `, ${view.freshWord} old` : ""}`;
}

function paintDeeds(view, offers, tile) {
  const may = offers.includes("mark") && tile.state !== "ended";
  $("do-mark").hidden = $("do-snooze").hidden = !may;
  set($("snooze-word"), view.isSnoozed ? "wake" : "snooze 10 min");
  $("to-report").hidden = !offers.includes("report") || tile.state !== "ended";
  $("to-report").href = `/reports/${encodeURIComponent(tile.session)}`;
}

async function ask(runner) {
  askedMs = performance.now();
  try {
    const answer = await fetch(`/history/${encodeURIComponent(runner)}.json`);
    if (!answer.ok || entry?.tile.runner !== runner) return;
    history = await answer.json();
    draw();
  } catch {
    return; // the line is gone; what is drawn stays, and its end shows how old it is
  }
}

function draw() {
  if (!history || !$("detail").open) return;
  drawContact($("chart-contact"), history);
  drawDifference($("chart-difference"), history);
  fillTable();
}

const cell = (name, text) => {
  const node = document.createElement(name);
  node.textContent = text;
  return node;
};

const row = (name, texts) => {
  const node = document.createElement("tr");
  node.append(...texts.map((text) => cell(name, text)));
  return node;
};

/** The newest figures of each minute, and what happened, for eyes and ears alike. */
function fillTable() {
  const latest = new Map(); // minute -> index of its newest point
  history.ago_s.forEach((backS, i) => latest.set(Math.floor(backS / 60), i));
  const at = (backS) => shortTime(Date.now() - backS * 1000);
  $("rows").replaceChildren(...[...latest.values()].map((i) => row("td", [
    at(history.ago_s[i]), whole(history.contact_left_ms[i]), whole(history.contact_right_ms[i]), difference(i),
  ])));
  const events = history.moments.map((m) => `${at(m.ago_s)} ${[m.kind.replace("_", " "), m.code, m.text].filter(Boolean).join(" ")}`);
  set($("events"), events.length ? `${nameOf(entry.tile)}: ${events.join("; ")}.` : "");
}

const whole = (value) => (value === null ? "–" : value.toFixed(0));

function difference(i) {
  const [asi, low, high] = [history.asi_pct[i], history.ci_low[i], history.ci_high[i]];
  if (asi === null || low === null || high === null) return "–";
  const range = likely({ low, high });
  return low <= 0 && high >= 0 ? `no clear difference, ${range}` : `${asi < 0 ? "L" : "R"} +${percent(asi)} %, ${range}`;
}
