// One line over the foot of the wall: what was missed, what was done, what failed.

const STAYS_MS = { short: 6000, long: 60000, ever: Infinity };
const $ = (id) => document.getElementById(id);
let untilMs = 0;

/** Say it; ``stays`` is short, long or ever. A tap sends it away. */
export function notice(text, stays = "short") {
  $("notice-text").textContent = text;
  $("notice").hidden = false;
  untilMs = performance.now() + STAYS_MS[stays];
}

export function setUpNotice() {
  $("notice-close").addEventListener("click", () => { $("notice").hidden = true; });
}

export function tickNotice() {
  if (!$("notice").hidden && performance.now() > untilMs) $("notice").hidden = true;
}
