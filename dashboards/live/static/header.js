// The line above the wall: how many, what the figures are, and whether anybody is heard.

import { set } from "./tile.js";
import { clockTime } from "./words.js";

export const ENDED = ["This link has ended.", "Ask whoever runs treadwear for a new one."];
const $ = (id) => document.getElementById(id);

/** ``all`` are the tiles on the wall, ``line`` says whether server and broker are there. */
export function paintHeader(all, offers, line) {
  set($("clock"), clockTime(Date.now()));
  set($("count"), count(all));
  const windows = new Set(all.map(({ tile }) => Math.round(tile.window_s)));
  set($("span"), windows.size === 1 ? `, last ${[...windows][0]} s` : "");
  $("what").hidden = !all.length;
  $("own").hidden = !all.some(({ view }) => view.own);
  $("empty").hidden = all.length > 0;
  $("wall").hidden = !all.length;
  $("run").hidden = !offers.includes("run");
  for (const part of document.querySelectorAll(".marking")) part.hidden = !offers.includes("mark");
  paintLine(line);
  if (!all.length) explain(line);
}

function count(all) {
  if (!all.length) return "";
  const toCheck = all.filter(({ view }) => view.state.key === "check" && view.state.needs).length;
  const runners = `${all.length} ${all.length === 1 ? "runner" : "runners"}`;
  return toCheck ? `${runners} · ${toCheck} to check` : runners;
}

export function paintLine({ isConnected, heardOnce, isOver, isFed }) {
  const isWell = isConnected && isFed;
  const away = isOver ? "link ended" : heardOnce ? "reconnecting" : "connecting";
  $("link").className = `link ${isWell ? "" : "lost"}`;
  $("link").firstElementChild.className = `dot ${isWell ? "live" : ""}`;
  set($("link-word"), isConnected ? (isFed ? "connected" : "broker away") : away);
}

/** Why the wall is empty. */
function explain({ isConnected, heardOnce, isOver, isFed }) {
  const trying = heardOnce ? "Trying to reach treadwear again. Is it still running?" : "Looking for treadwear.";
  const words = {
    over: ENDED,
    line: ["No connection", trying],
    broker: ["The broker is away", "The server cannot hear any runner now; it tries again by itself."],
    runner: ["No runner yet", "A tile appears here as soon as a run starts."],
  }[isOver ? "over" : !isConnected ? "line" : !isFed ? "broker" : "runner"];
  set($("empty-title"), words[0]);
  set($("empty-text"), words[1]);
}
