// One tile of the wall: the template filled with what words.js says.

const SCALE = 8; // the bar spans -8 .. +8 %
const UNITS = 10; // SVG units per percent, so that x comes straight from the data
const PINNED = SCALE * UNITS - 2.6;

export function build() {
  return document.getElementById("tile").content.firstElementChild.cloneNode(true);
}

const set = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};

export function paint(article, tile, view) {
  const $ = (name) => article.querySelector(`.${name}`);
  article.className = `tile ${view.kind} ${view.fresh === "late" ? "late" : ""} ${view.tone} ${view.lamp.lit ? "lit" : ""}`;
  set($("name"), tile.name || tile.runner);
  $("name").title = tile.name || tile.runner;
  set($("shoe"), tile.shoe);
  $("sim").hidden = !tile.simulated;
  $("icon").firstElementChild.setAttribute("href", `#i-${view.icon}`);
  set($("state-word"), view.word);
  paintLamp($, view.lamp);
  paintValue($, view);
  paintBar($, view.reading);
  paintOwn($, view.own);
  paintWords($, view);
  paintFoot($, view);
}

function paintLamp($, lamp) {
  $("lamp").hidden = !lamp.word;
  $("lamp").className = `lamp ${lamp.tone}`;
  if (lamp.icon) $("lamp-icon").firstElementChild.setAttribute("href", `#i-${lamp.icon}`);
  set($("lamp-word"), lamp.word);
  set($("lamp-code"), lamp.code);
}

function paintValue($, view) {
  $("number").hidden = !view.number;
  $("side").className = `side ${initial(view.side)}`;
  set($("side"), initial(view.side));
  set($("digits"), view.number);
  paintBig($("big"), view.number ? "" : view.big, view.of);
  set($("small"), view.number ? "" : view.small);
}

function paintBig(big, text, of) {
  if (big.textContent === text + of) return;
  big.classList.toggle("long", text.length > 14);
  const rest = document.createElement("span");
  rest.className = "of";
  rest.textContent = of;
  big.replaceChildren(text, ...(of ? [rest] : []));
}

const initial = (side) => ({ left: "L", right: "R" })[side] || "";
const pin = (percent) => Math.max(-SCALE, Math.min(SCALE, percent)) * UNITS;

function paintBar($, reading) {
  $("reading").style.display = reading ? "" : "none";
  if (!reading) return;
  const side = reading.isClear ? initial(reading.side) : "";
  $("reading").setAttribute("class", `reading ${side}`);
  // Half a marker inside, which leaves room for the arrow that says "further out".
  const at = Math.max(-PINNED, Math.min(PINNED, reading.asi * UNITS));
  $("mark").style.transform = `translateX(${at}px)`;
  paintTail($, reading.low, reading.high);
  $("beyond").setAttribute("d", beyond(reading.asi));
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
  $("to-left").className = `to-left ${side === "left" ? "L on" : ""}`;
  $("to-right").className = `to-right ${side === "right" ? "R on" : ""}`;
  set($("likely"), view.likely);
  $("words").className = `words ${view.likely.length > 16 ? "wideful" : ""}`;
}

function paintFoot($, view) {
  set($("ms-left"), view.contactLeft);
  set($("ms-right"), view.contactRight);
  $("notes").className = `notes ${view.isWordy ? "wordy" : ""}`;
  $("contact").hidden = view.isWordy || (!view.contactLeft && !view.contactRight);
  $("contact").querySelector(".L").hidden = !view.contactLeft;
  $("contact").querySelector(".R").hidden = !view.contactRight;
  set($("note"), view.note);
  $("note").title = view.note;
  set($("elapsed"), view.elapsed[0]);
  set($("elapsed-unit"), view.elapsed[1]);
  set($("cadence"), view.cadence);
  $("foot").querySelector(".dot").className = `dot ${view.fresh}`;
  set($("fresh"), view.freshWord);
}
