// The strip below the wall: which page, and who needs attention on another one.

import { nameOf } from "./words.js";

const $ = (id) => document.getElementById(id);
const MOST = 8;
const URGENT = ["silent", "one-foot", "check"]; // the last first

/** The strip; ``turn`` goes to the page before or after, ``toggle`` starts and stops. */
export function setUpStrip({ turn, toggle }) {
  $("before").addEventListener("click", () => turn(-1));
  $("after").addEventListener("click", () => turn(1));
  $("turning").addEventListener("click", toggle);
}

/** Show it; ``elsewhere`` are { tile, view, where } that nobody sees just now. */
export function paintStrip(pages, elsewhere, go) {
  const turns = pages.count > 1;
  $("strip").hidden = !turns && !elsewhere.length;
  $("turner").hidden = !turns;
  const at = `${pages.at + 1} of ${pages.count}`;
  if ($("at").textContent !== at) $("at").textContent = at;
  $("turning").setAttribute("aria-pressed", String(pages.turns));
  $("turning-icon").setAttribute("href", pages.turns ? "#i-pause" : "#i-play");
  paintElsewhere(elsewhere, go, turns);
}

function paintElsewhere(elsewhere, go, turns) {
  const all = [...elsewhere].sort((a, b) => URGENT.indexOf(b.view.state.key) - URGENT.indexOf(a.view.state.key));
  const key = JSON.stringify([all.map(({ tile, view, where }) => [tile.runner, nameOf(tile), view.state.word, where]), turns, innerWidth]);
  if ($("elsewhere").dataset.key === key) return; // a finger may be on its way to one
  $("elsewhere").dataset.key = key;
  $("quiet-rest").hidden = !turns || all.length > 0;
  $("elsewhere").replaceChildren(...all.slice(0, MOST).map((one) => chip(one, go)));
  fit(all.length);
}

/** Take away what does not fit; who is left out is counted. */
function fit(n) {
  const [strip, list] = [$("strip"), $("elsewhere")];
  const count = () => { $("rest").textContent = n > list.children.length ? `+${n - list.children.length} more` : ""; };
  count();
  while (list.children.length > 1 && strip.scrollWidth > strip.clientWidth) {
    list.lastElementChild.remove();
    count();
  }
}

function chip({ tile, view, where }, go) {
  const button = document.getElementById("chip").content.firstElementChild.cloneNode(true);
  button.querySelector("use").setAttribute("href", `#i-${view.state.icon}`);
  button.querySelector(".chip-name").textContent = nameOf(tile);
  button.querySelector(".chip-word").textContent = view.state.word;
  button.querySelector(".chip-page").textContent = where;
  button.classList.add(view.state.key);
  button.addEventListener("click", () => go(tile.runner));
  const item = document.createElement("li");
  item.append(button);
  return item;
}
