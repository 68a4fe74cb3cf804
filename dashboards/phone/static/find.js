// Finding the sensors, and telling left from right by shaking one.

import { button, el, heading, progress, say, side } from "/run/static/dom.js";
import { shaking } from "/run/static/soles.js";
import { ring } from "/run/static/fit.js";

const COUNT = { 2: "both sensors", 3: "all three sensors" };

export function find(state, { send }) {
  const known = state.find?.is_known;
  const title = known ? "Looking for your sensors." : `Put ${COUNT[state.find?.needed] ?? "the sensors"} beside the computer.`;
  const list = el("ul", { class: "card rows", "aria-live": "polite" });
  const notes = el("div", { class: "small" });
  const more = el("details", { hidden: true });
  const turning = ring();
  const count = el("p", { class: "sub" });
  turning.turn();
  return {
    nodes: [
      progress(1), heading(title),
      el("p", { class: "sub" }, known ? "The ones of last time, by themselves." : "Shake each one once: that wakes it."),
      el("section", { class: "stage" }, turning.node), count, list, more, notes,
      el("div", { class: "end" }, button("Back", () => send({ wish: "home" }), "quiet")),
    ],
    key: (s) => String(s.find?.is_known) + s.find?.needed,
    update: (s) => update(s.find, list, more, notes, count),
  };
}

function update(found, list, more, notes, count) {
  list.replaceChildren(...found.near.map(line));
  list.hidden = !found.near.length;
  const words = `${found.near.length} near, ${found.needed} are needed`;
  say(count, found.is_known && !found.near.length ? "" : words);
  more.hidden = !found.more.length;
  if (found.more.length) {
    more.replaceChildren(el("summary", {}, `More that is near (${found.more.length})`),
      el("ul", {}, found.more.map((one) => el("li", {}, `${one.kind}: not for a shoe`))));
  }
  say(notes, found.notes.join(" "));
}

function line(one) {
  return el("li", {}, el("div", { class: "line" }, el("span", {}, one.kind), el("em", {}, `signal ${one.signal}`)));
}

export function shake(state, { send }) {
  const { slot } = state.shake;
  const picture = shaking(slot);
  const thing = slot === "hip" ? ["Shake the sensor for the ", side(slot), "."] : ["Shake your ", side(slot), " shoe."];
  const sub = el("p", { class: "sub" });
  const result = el("section", { class: "card", "aria-live": "polite" });
  const yes = button("Yes, next", () => send({ wish: "answer", is_right: true }));
  const other = slot === "left" ? "right" : "left";
  const no = button(`No, it was the ${other} one`, () => send({ wish: "answer", is_right: false }), "quiet");
  const back = button("Back", () => send({ wish: "home" }), "quiet");
  return {
    nodes: [progress(2), heading(...thing), sub, el("section", { class: "stage" }, picture.node), result,
      el("div", { class: "end" }, yes, no, back)],
    key: (s) => s.shake.slot,
    update: (s) => {
      picture.update(s.shake);
      const isFound = s.shake.is_found;
      yes.disabled = !s.may.includes("answer");
      no.hidden = !isFound || slot === "hip";
      back.hidden = isFound;
      say(sub, s.shake.both_move ? "Two move. Keep the other one still." : "The one that moves lights up.");
      result.hidden = !isFound && !s.shake.notes.length;
      const words = isFound ? [`Got it: this is ${slot}.`, "It moved while the other lay still."] : ["", s.shake.notes.join(" ")];
      if (result.textContent !== words.join("")) {
        result.replaceChildren(...[words[0] ? el("h2", {}, words[0]) : null, el("p", { class: "sub" }, words[1])].filter(Boolean));
      }
    },
  };
}
