// One tile of the wall: the template filled with what words.js says.

import { nameOf, sentence } from "./words.js";

const SCALE = 8; // the bar spans -8 .. +8 %
const UNITS = 10; // SVG units per percent, so that x comes straight from the data
const PINNED = SCALE * UNITS - 2.6;
const LETTER = { left: "L", right: "R" };

export const fromTemplate = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

export const set = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};

const attribute = (node, name, value) => {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
};

export function paint(article, tile, view) {
  const $ = (name) => article.querySelector(`.${name}`);
  const classes = ["tile", view.state.key, view.kind, view.state.tone, view.isSnoozed ? "snoozed" : ""];
  attribute(article, "class", [...new Set(classes)].filter(Boolean).join(" "));
  attribute(article, "aria-label", sentence(tile, view));
  attribute($("open"), "aria-label", `${nameOf(tile)}: the last ten minutes`);
  paintHead($, tile, view);
  paintValue($, view);
  paintBar($, view.reading);
  paintOwn($, view.own);
  paintWords($, view);
  paintNotes($, view.notes);
  paintFoot($, view);
}

export function paintHead($, tile, view) {
  set($("name"), nameOf(tile));
  attribute($("name"), "title", nameOf(tile));
  const shoe = view.isSnoozed ? "" : tile.shoe; // no room for all three
  set($("shoe"), shoe);
  set($("beside"), shoe && view.beside ? ` · ${view.beside}` : view.beside);
  $("sim").hidden = !tile.simulated;
  attribute($("icon").firstElementChild, "href", `#i-${view.state.icon}`);
  set($("state-word"), view.state.word);
}

function paintValue($, view) {
  const letter = LETTER[view.side] || "";
  $("number").hidden = !view.number;
  attribute($("number"), "class", view.number && !letter ? "number about" : "number");
  attribute($("side"), "class", `side ${letter}`);
  set($("side"), letter || "≈");
  $("plus").hidden = !letter;
  set($("digits"), view.number);
  paintBig($("big"), view.number ? "" : view.big, view.of);
  set($("small"), view.side ? "" : view.small);
}

function paintBig(big, text, of) {
  if (big.textContent === text + of) return;
  big.classList.toggle("long", text.length > 14);
  const rest = document.createElement("span");
  rest.className = "of";
  rest.textContent = of;
  big.replaceChildren(text, ...(of ? [rest] : []));
}

const pin = (percent) => Math.max(-SCALE, Math.min(SCALE, percent)) * UNITS;

function paintBar($, reading) {
  $("reading").style.display = reading ? "" : "none";
  if (!reading) return;
  attribute($("reading"), "class", `reading ${reading.isClear ? LETTER[reading.side] : ""}`);
  // Half a marker inside, which leaves room for the arrow that says "further out".
  const at = Math.max(-PINNED, Math.min(PINNED, reading.asi * UNITS));
  $("mark").style.transform = `translateX(${at}px)`;
  paintTail($, reading.low, reading.high);
  attribute($("beyond"), "d", beyond(reading.asi));
}

/** Her own band and her usual; what lies beyond the scale is cut off. */
function paintOwn($, own) {
  $("own").style.display = own ? "" : "none";
  if (!own) return;
  $("band").style.transform = `translateX(${pin(own.low)}px) scaleX(${pin(own.high) - pin(own.low)})`;
  $("usual").style.transform = `translateX(${pin(own.usual)}px)`;
  $("usual").style.visibility = Math.abs(own.usual) <= SCALE ? "" : "hidden";
}

/** The interval with end caps; an end beyond the scale is open. Placed by transforms,
    like the mark, so that both slide together. */
function paintTail($, low, high) {
  $("span").style.transform = `translateX(${pin(low)}px) scaleX(${pin(high) - pin(low)})`;
  for (const [name, end] of [["low", low], ["high", high]]) {
    $(name).style.transform = `translateX(${pin(end)}px)`;
    $(name).style.visibility = Math.abs(end) <= SCALE ? "" : "hidden";
  }
}

/** An arrow outside the scale when the marker is pinned to its end. */
function beyond(asi) {
  if (Math.abs(asi) <= SCALE) return "";
  return asi < 0 ? "M-81 5.5l-4 4.5 4 4.5z" : "M81 5.5l4 4.5 -4 4.5z";
}

function paintWords($, view) {
  const side = view.reading?.isClear ? view.reading.side : "";
  attribute($("to-left"), "class", `to-left ${side === "left" ? "L on" : ""}`);
  attribute($("to-right"), "class", `to-right ${side === "right" ? "R on" : ""}`);
  set($("likely"), view.likely);
  attribute($("words"), "class", `words ${view.likely.length > 16 ? "wideful" : ""}`);
}

function paintNotes($, { glyphs, isWordy, text, left, right }) {
  attribute($("notes"), "class", `notes ${isWordy ? "wordy" : ""}`);
  paintGlyphs($("glyphs"), glyphs);
  $("contact").hidden = !left && !right;
  $("contact").querySelector(".L").hidden = !left;
  $("contact").querySelector(".R").hidden = !right;
  set($("ms-left"), left);
  set($("ms-right"), right);
  set($("note"), text);
  attribute($("note"), "title", text);
}

function paintGlyphs(list, glyphs) {
  const key = JSON.stringify(glyphs);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.hidden = !glyphs.length;
  list.replaceChildren(...glyphs.map(({ kind, letter, words, title }) => {
    const item = fromTemplate("glyph");
    item.classList.add(letter);
    item.title = title;
    item.querySelector("use").setAttribute("href", `#g-${kind}`);
    item.querySelector(".glyph-words").textContent = words;
    return item;
  }));
}

function paintFoot($, view) {
  set($("elapsed"), view.elapsed[0]);
  set($("elapsed-unit"), view.elapsed[1]);
  set($("cadence"), view.cadence);
  attribute($("foot").querySelector(".dot"), "class", `dot ${view.fresh}`);
  set($("fresh"), view.freshWord);
}
