// The wall: listens to the server, keeps every tile in its place, and lets data age.
import { build, paint } from "./tile.js";
import { announcement, clockTime, lampNews, say, sentence } from "./words.js";

const TICK_MS = 250;
const DEAF_AFTER_MS = 12000; // the server speaks at least every 5 s
const RETRY_MS = 2000;
const TILE = { width: 412, height: 362, least: 0.6, scrollWidth: 360 };

const $ = (id) => document.getElementById(id);
const shown = new Map(); // runner -> { article, tile, ageS, kind }
const places = new Map(); // runner -> place, kept for as long as the page is open
let received = { wall: 0, steady: 0 };
let heardOnce = false;
let isConnected = false;
let isFed = true; // whether the server hears from the broker
let source = null;
let lastTryMs = 0;

// Two clocks: one jumps when the time is corrected, the other stops while a laptop
// sleeps. The larger one never makes old data look young.
function sinceReceivedMs() {
  return Math.max(0, Date.now() - received.wall, performance.now() - received.steady);
}

function connect() {
  source?.close();
  lastTryMs = performance.now();
  source = new EventSource("/events");
  source.addEventListener("wall", (event) => take(JSON.parse(event.data)));
  source.onerror = () => {
    setConnected(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
  };
}

function take(wall) {
  received = { wall: Date.now(), steady: performance.now() };
  heardOnce = true;
  isFed = wall.is_fed !== false;
  setConnected(true);
  const runners = new Set(wall.tiles.map(({ tile }) => tile.runner));
  for (const [runner, { article }] of shown) {
    if (!runners.has(runner)) {
      article.remove();
      shown.delete(runner);
    }
  }
  for (const { tile, age_s: ageS } of wall.tiles) {
    if (!shown.has(tile.runner)) enter(tile.runner);
    Object.assign(shown.get(tile.runner), { tile, ageS });
  }
  repaint();
  arrange(); // after the header, whose height is part of it
}

function enter(runner) {
  if (!places.has(runner)) places.set(runner, places.size);
  const article = build();
  const later = [...shown].filter(([other]) => places.get(other) > places.get(runner));
  later.sort(([a], [b]) => places.get(a) - places.get(b));
  $("wall").insertBefore(article, later.length ? later[0][1].article : null);
  shown.set(runner, { article, kind: "", lit: "" });
}

function repaint() {
  const nowMs = Date.now();
  const gapS = sinceReceivedMs() / 1000;
  const news = [];
  for (const entry of shown.values()) {
    const view = say(entry.tile, entry.ageS + gapS, nowMs);
    paint(entry.article, entry.tile, view);
    const label = sentence(entry.tile, view);
    if (entry.article.getAttribute("aria-label") !== label) entry.article.setAttribute("aria-label", label);
    if (entry.kind && entry.kind !== view.kind) news.push(announcement(entry.tile, view));
    entry.kind = view.kind;
    hearLamp(entry, view, news);
  }
  if (news.length) $("news").textContent = `${news.join(". ")}.`;
  paintHeader(nowMs);
}

/** Tell of a light that goes on or out; while a tile is stale nothing is known of it. */
function hearLamp(entry, view, news) {
  const isKnown = view.lamp.lit || (view.fresh === "live" && !entry.tile.light.code);
  if (!isKnown || entry.lit === view.lamp.lit) return;
  if (entry.lit || view.lamp.lit) news.push(lampNews(entry.tile, view));
  entry.lit = view.lamp.lit;
}

function paintHeader(nowMs) {
  const n = shown.size;
  $("clock").textContent = clockTime(nowMs);
  $("count").textContent = n ? `${n} ${n === 1 ? "runner" : "runners"}` : "";
  const windows = new Set([...shown.values()].map(({ tile }) => Math.round(tile.window_s)));
  const span = windows.size === 1 ? `, last ${[...windows][0]} s` : "";
  const hasOwn = [...shown.values()].some(({ tile }) => tile.light.usual_pct !== null);
  $("what").hidden = n === 0;
  if ($("span").textContent !== span) $("span").textContent = span;
  $("own").hidden = !hasOwn;
  $("empty").hidden = n > 0;
  $("wall").hidden = n === 0;
  if (!n && !isConnected) {
    explain("No connection", heardOnce ? "Trying to reach treadwear again. Is it still running?" : "Looking for treadwear.");
  } else if (!n && !isFed) {
    explain("The broker is away", "The server cannot hear any runner now; it tries again by itself.");
  } else if (!n) explain("No runner yet", "A tile appears here as soon as a run starts.");
}

function explain(title, text) {
  $("empty-title").textContent = title;
  $("empty-text").textContent = text;
}

function setConnected(yes) {
  isConnected = yes;
  const isWell = yes && isFed;
  $("link").className = `link ${isWell ? "" : "lost"}`;
  $("link").firstElementChild.className = `dot ${isWell ? "live" : ""}`;
  $("link-word").textContent = yes ? (isFed ? "connected" : "broker away") : heardOnce ? "reconnecting" : "connecting";
}

/** Columns and rows that make the tiles largest; scroll when they would get too small. */
function arrange() {
  const n = shown.size;
  const wall = $("wall");
  const room = { width: innerWidth - 20, height: innerHeight - $("wall").offsetTop - 10 };
  let best = { u: 0, cols: 1, rows: 1 };
  for (let cols = 1; cols <= n; cols += 1) {
    const rows = Math.ceil(n / cols);
    const u = Math.min(room.width / cols / TILE.width, room.height / rows / TILE.height);
    if (u > best.u + 1e-6) best = { u, cols, rows };
  }
  const fits = best.u >= TILE.least;
  const cols = fits ? best.cols : Math.max(1, Math.floor(room.width / TILE.scrollWidth));
  wall.className = `${fits ? "fits" : "scrolls"} ${n === 1 ? "alone" : ""}`;
  wall.style.setProperty("--cols", cols);
  wall.style.setProperty("--rows", best.rows);
}

function setSun(yes) {
  document.documentElement.classList.toggle("sun", yes);
  $("sun").setAttribute("aria-pressed", String(yes));
}

function tick() {
  if (sinceReceivedMs() > DEAF_AFTER_MS) {
    setConnected(false);
    if (performance.now() - lastTryMs > DEAF_AFTER_MS) connect();
  }
  repaint();
}

setSun(new URLSearchParams(location.search).has("sun"));
$("sun").addEventListener("click", () => setSun(!document.documentElement.classList.contains("sun")));
addEventListener("keydown", (event) => {
  if (event.key === "s" && !event.ctrlKey && !event.metaKey && !event.altKey) $("sun").click();
});
addEventListener("resize", arrange);
document.addEventListener("visibilitychange", repaint);
setConnected(false);
connect();
setInterval(tick, TICK_MS);
repaint();
