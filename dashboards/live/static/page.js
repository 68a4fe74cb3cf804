// The wall: keeps every tile in its place, lets data age, and joins the other parts.

import { chimeFor, isBellOn, setBell } from "./chime.js";
import { closeDetail, openDetail, paintDetail, setUpDetail } from "./detail.js";
import { SNOOZE_S, tell } from "./desk.js";
import { ENDED, paintHeader, paintLine } from "./header.js";
import { setUpKeys, showKeys } from "./keys.js";
import { Link } from "./link.js";
import { askSince, missedLine, remember } from "./missed.js";
import { notice, setUpNotice, tickNotice } from "./notice.js";
import { Pages, onSwipe } from "./pages.js";
import { Places, layout } from "./places.js";
import { setUpScreen, toggleFull, toggleSun } from "./screen.js";
import { paintStrip, setUpStrip } from "./strip.js";
import { fromTemplate, paint } from "./tile.js";
import { announcement, clockTime, lightNews, nameOf, say } from "./words.js";

const TICK_MS = 250;
const STRIP = 66; // its height and the gap above: page.css
const SETTLE_MS = 2500; // after a restart the tiles come one by one within a second
const LEAST_AWAY_MS = 4000;
const FIGURE_ROOM = 391; // of the 409 of a tile: tile.css

const $ = (id) => document.getElementById(id);
const shown = new Map(); // runner -> { article, place, tile, ageS, view, untilMs, kind, lit }
const places = new Places();
const wantsStillness = matchMedia("(prefers-reduced-motion: reduce)").matches;
const pages = new Pages(!wantsStillness); // nothing turns by itself for those
const link = new Link(take, lineChanged);
let isFed = true; // whether the server hears from the broker
let offers = [];
let grid = { mode: "fits", cols: 1, rows: 1, takes: 1 };
let before = null; // the wall as it was when the line went
let openRunner = "";

const line = () => ({ isConnected: link.isConnected, heardOnce: link.heardOnce, isOver: link.isOver, isFed });
const inOrder = () => [...shown.values()].sort((a, b) => a.place - b.place);

function take(wall) {
  isFed = wall.is_fed !== false;
  offers = wall.offers || [];
  const runners = new Set(wall.tiles.map(({ tile }) => tile.runner));
  for (const runner of [...shown.keys()]) if (!runners.has(runner)) leave(runner);
  for (const { tile, age_s: ageS, snoozed_s: snoozedS } of wall.tiles) {
    if (!shown.has(tile.runner)) enter(tile.runner);
    const entry = shown.get(tile.runner);
    Object.assign(entry, { tile, ageS, untilMs: snoozeEnd(entry.untilMs, snoozedS) });
  }
  repaint();
}

/** Same minute for as long as it is the same snooze: the clocks differ by a little. */
function snoozeEnd(oldMs, seconds) {
  const untilMs = seconds ? Date.now() + seconds * 1000 : 0;
  return oldMs && untilMs && Math.abs(untilMs - oldMs) < 5000 ? oldMs : untilMs;
}

function enter(runner) {
  const article = fromTemplate("tile");
  const place = places.enter(runner, Date.now());
  const later = inOrder().find((other) => other.place > place);
  $("wall").insertBefore(article, later ? later.article : null);
  article.addEventListener("click", () => open(runner)); // its button's clicks, too
  shown.set(runner, { article, place, untilMs: 0, kind: "", lit: "" });
}

function leave(runner) {
  shown.get(runner).article.remove();
  shown.delete(runner);
  places.leave(runner, Date.now());
  if (openRunner === runner) closeDetail();
}

function repaint() {
  const nowMs = Date.now();
  const gapS = link.silentMs / 1000;
  const news = [];
  for (const entry of shown.values()) {
    entry.view = say(entry.tile, entry.ageS + gapS, nowMs, entry.untilMs);
    if (entry.kind && entry.kind !== entry.view.kind) news.push(announcement(entry.tile, entry.view));
    entry.kind = entry.view.kind;
    hearLight(entry, nowMs, news);
  }
  if (news.length) $("news").textContent = `${news.join(". ")}.`;
  paintHeader([...shown.values()], offers, line());
  arrange();
  for (const entry of shown.values()) if (!entry.article.hidden) paint(entry.article, entry.tile, entry.view);
  paintStrip(pages, elsewhere(), goTo);
  if (openRunner) paintDetail(shown.get(openRunner), offers);
}

/** Tell of a light that goes on or out; while a tile is stale nothing is known of it. */
function hearLight(entry, nowMs, news) {
  const { tile, view } = entry;
  const isKnown = view.lit || (view.fresh === "live" && !tile.light.code);
  if (!isKnown || entry.lit === view.lit) return;
  if (entry.lit || view.lit) news.push(lightNews(tile, view));
  if (view.lit && !view.isSnoozed) chimeFor(tile.runner, nowMs);
  entry.lit = view.lit;
}

/** Give every tile its cell; the page of each follows from its place alone. */
function arrange() {
  const all = inOrder();
  if (!all.length) return;
  const height = innerHeight - document.querySelector("header").offsetHeight - 10;
  grid = layout(all.at(-1).place + 1, innerWidth - 20, height, STRIP);
  pages.fit(grid.mode === "turns" ? Math.ceil((all.at(-1).place + 1) / grid.takes) : 1);
  const wall = $("wall");
  wall.className = `wall ${grid.mode} ${all.length === 1 && grid.takes === 1 ? "alone" : ""}`;
  document.body.classList.toggle("scrolling", grid.mode === "scrolls");
  wall.style.setProperty("--cols", grid.cols);
  wall.style.setProperty("--rows", grid.rows);
  for (const { article, place } of all) put(article, place);
}

function put(article, place) {
  const isFree = grid.mode === "scrolls"; // a column has no empty cells
  const cell = isFree ? 0 : place - pages.at * grid.takes;
  article.hidden = !isFree && (cell < 0 || cell >= grid.takes);
  article.style.gridColumn = isFree ? "auto" : String((cell % grid.cols) + 1);
  article.style.gridRow = isFree ? "auto" : String(Math.floor(cell / grid.cols) + 1);
}

/** Who needs somebody's eyes and is on another page, or further down. */
function elsewhere() {
  return inOrder()
    .filter(({ view, article }) => view.state.needs && isUnseen(article))
    .map(({ tile, view, place }) => ({
      tile, view, where: grid.mode === "turns" ? `page ${Math.floor(place / grid.takes) + 1}` : "",
    }));
}

function isUnseen(article) {
  if (article.hidden) return true;
  if (grid.mode !== "scrolls") return false;
  const { top, bottom } = article.getBoundingClientRect();
  return bottom < 120 || top > innerHeight - 120;
}

function goTo(runner) {
  const { article, place } = shown.get(runner);
  if (grid.mode === "turns") pages.show(Math.floor(place / grid.takes));
  repaint();
  if (grid.mode === "scrolls") article.scrollIntoView({ block: "center", behavior: wantsStillness ? "auto" : "smooth" });
  article.querySelector(".open").focus({ preventScroll: true });
}

function turn(by) {
  if (pages.count < 2) return false;
  pages.show(pages.at + by);
  repaint();
  return true;
}

function toggleTurning() {
  if (pages.count < 2) return false;
  pages.setTurning(!pages.turns, performance.now());
  repaint();
  return true;
}

function open(runner) {
  openRunner = runner;
  openDetail(shown.get(runner), offers, () => { openRunner = ""; });
}

function openNumber(number) {
  const entry = inOrder().filter(({ article }) => !article.hidden)[number - 1];
  if (entry) open(entry.tile.runner);
  return Boolean(entry);
}

const focused = () => {
  const article = document.activeElement?.closest?.(".tile");
  return [...shown.values()].find((entry) => entry.article === article);
};

function mark() {
  const entry = openRunner ? shown.get(openRunner) : focused();
  if (!entry || !offers.includes("mark")) return false;
  deliver(entry, "mark");
  return true;
}

const DONE = {
  mark: (name) => `${name} marked at ${clockTime(Date.now())}`,
  snooze: (name) => `${name} is quiet for 10 min`,
  wake: (name) => `${name} is awake again`,
};

async function deliver({ tile }, deed) {
  const seconds = deed === "snooze" ? SNOOZE_S : 0;
  const fault = await tell(tile, deed === "mark" ? "mark" : "snooze", seconds);
  notice(fault ? `Not done: ${fault}` : DONE[deed](nameOf(tile)), fault ? "long" : "short");
}

function ring() {
  setBell(!isBellOn());
  $("bell").setAttribute("aria-pressed", String(isBellOn()));
  $("bell-icon").setAttribute("href", isBellOn() ? "#i-bell" : "#i-bell-off");
  return true;
}

function lineChanged(isThere, awayMs) {
  if (!isThere && link.heardOnce && !before) before = remember([...shown.values()]);
  if (isThere && awayMs > LEAST_AWAY_MS) setTimeout(() => sayMissed(awayMs), SETTLE_MS);
  else if (isThere) before = null;
  if (link.isOver) notice(ENDED.join(" "), "ever");
  paintLine(line());
}

async function sayMissed(awayMs) {
  const was = before ?? new Map();
  before = null;
  const told = await askSince((awayMs + SETTLE_MS) / 1000 + 1);
  notice(missedLine(awayMs / 1000, was, inOrder(), told, Date.now()), "long");
}

function tick() {
  link.tick();
  const isHeld = Boolean(openRunner || document.querySelector("dialog[open]") || $("wall").querySelector(":focus-visible"));
  pages.tick(performance.now(), isHeld);
  repaint();
  tickNotice();
}

const always = (deed) => () => {
  deed();
  return true;
};

/** A system whose letters are wide gets smaller figures instead of cut ones. */
function squeeze() {
  const probe = fromTemplate("tile").querySelector(".number");
  probe.style.setProperty("--u", "1px");
  ["R", "+", "8.8"].forEach((text, i) => { probe.children[i].textContent = text; });
  probe.className = "number unseen-probe";
  document.body.append(probe);
  const { width } = probe.getBoundingClientRect();
  probe.remove();
  document.documentElement.style.setProperty("--squeeze", String(Math.min(1, FIGURE_ROOM / width)));
}

squeeze();
setUpScreen();
setUpNotice();
setUpDetail((runner, deed) => shown.has(runner) && deliver(shown.get(runner), deed));
setUpStrip({ turn, toggle: toggleTurning });
setUpKeys({
  open: openNumber, mark, full: always(toggleFull), sun: always(toggleSun), bell: ring,
  turning: toggleTurning, before: () => turn(-1), after: () => turn(1),
  help: () => showKeys(),
});
$("bell").addEventListener("click", ring);
$("help").addEventListener("click", () => showKeys());
onSwipe($("wall"), turn);
addEventListener("resize", repaint);
document.addEventListener("visibilitychange", repaint);
link.connect();
setInterval(tick, TICK_MS);
repaint();
