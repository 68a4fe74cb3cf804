// The fit check: a countdown, ten steps, six ticks.

import { button, draw, el, heading, progress, say } from "/run/static/dom.js";

const ROUND = 2 * Math.PI * 78;

/** A ring that fills, with a figure in it. */
export function ring() {
  const arc = draw("circle", { cx: 90, cy: 90, r: 78, class: "arc fills", transform: "rotate(-90 90 90)", "stroke-dasharray": ROUND, "stroke-dashoffset": ROUND });
  const figure = draw("text", { x: 90, y: 106, "font-size": 64 });
  const words = draw("text", { x: 90, y: 134, "font-size": 17, "font-weight": 400, class: "quiet" });
  const node = draw("svg", { viewBox: "0 0 180 180", height: 170, class: "ring", role: "img", "aria-label": "working" },
    draw("circle", { cx: 90, cy: 90, r: 78, class: "track" }), arc, figure, words);
  return {
    node,
    show(share, number, unit) {
      node.classList.remove("turning");
      arc.setAttribute("stroke-dashoffset", (ROUND * (1 - Math.min(share, 1))).toFixed(1));
      figure.textContent = number;
      words.textContent = unit;
      node.setAttribute("aria-label", `${number} ${unit}`);
    },
    turn() {
      arc.setAttribute("stroke-dashoffset", (ROUND * 0.75).toFixed(1));
      figure.textContent = "";
      words.textContent = "";
      node.classList.add("turning");
      node.setAttribute("aria-label", "working");
    },
  };
}

const TITLES = {
  connecting: ["Put the shoes on.", "The sensors are connected meanwhile."],
  standing: ["Stand still.", "Both feet flat, for three seconds."],
  stepping: ["Take ten steps.", "On the spot, easy pace, the left foot first."],
  looking: ["Thank you.", "A moment, the clocks are compared."],
};

export function fit(state, { send }) {
  const title = heading("");
  const sub = el("p", { class: "sub", "aria-live": "polite" });
  const circle = ring();
  const stage = el("section", { class: "stage" }, circle.node);
  const list = el("ul", { class: "card rows" });
  const next = button("Next", () => send({ wish: "next" }));
  const again = button("Check again", () => send({ wish: "again" }));
  const swap = button("They are the other way round", () => send({ wish: "swap" }), "quiet");
  const skip = button("Skip, and mark the run “unverified”", () => send({ wish: "skip" }), "quiet");
  const back = button("Back", () => send({ wish: "home" }), "quiet");
  let drawn = "";
  return {
    nodes: [progress(3), title, sub, stage, list, el("div", { class: "end" }, next, again, swap, skip, back)],
    update: (s) => {
      const { fit: now } = s;
      const isDone = now.stage === "done";
      const words = isDone ? outcome(now) : TITLES[now.stage];
      say(title, words[0]);
      say(sub, words[1]);
      stage.hidden = isDone && !now.is_good;
      turn(circle, now);
      const state = JSON.stringify(now.ticks);
      if (state !== drawn) list.replaceChildren(...now.ticks.map(tick));
      drawn = state;
      next.hidden = isDone && !now.is_good;
      next.disabled = !s.may.includes("next");
      again.hidden = !(isDone && !now.is_good);
      swap.hidden = !s.may.includes("swap");
      skip.hidden = !s.may.includes("skip");
      back.hidden = !isDone;
      say(skip, isDone ? "Go on, and mark the run “unverified”" : "Skip, and mark the run “unverified”");
    },
  };
}

function outcome(now) {
  return now.is_good ? ["All sit well.", "This holds for two hours."] : ["Look at this first.", "You can run all the same; the run is marked then."];
}

function turn(circle, now) {
  if (now.stage === "standing") circle.show(1 - now.seconds_left / 3, now.seconds_left || "", now.seconds_left ? "seconds" : "");
  else if (now.stage === "stepping") circle.show(now.steps / 10, now.steps, "of 10");
  else if (now.stage === "done") circle.show(1, "✓", "");
  else circle.turn();
}

const WORD = { good: "good", bad: "not good", unsure: "not known", now: "now", waiting: "next" };

function tick(one) {
  const more = one.state === "bad" || (one.state === "unsure" && one.advice);
  return el("li", { class: one.state },
    el("div", { class: "line" }, mark(one.state), el("span", {}, one.title), el("em", {}, WORD[one.state])),
    more ? el("div", { class: "why" }, picture(one.name), el("p", {}, `${one.text} ${one.advice}`)) : null);
}

function mark(state) {
  const parts = {
    good: [draw("circle", { cx: 13, cy: 13, r: 13, class: "disc" }), draw("path", { d: "M7.5 13.5l4 4 7.5-8.5", class: "check tick-in" })],
    bad: [draw("circle", { cx: 13, cy: 13, r: 11.5, class: "arc" }), draw("path", { d: "M13 6.5v8M13 18.6v.8", class: "arc" })],
    unsure: [draw("circle", { cx: 13, cy: 13, r: 11.5, class: "track" }), draw("path", { d: "M8 13h10", class: "arc" })],
    now: [draw("circle", { cx: 13, cy: 13, r: 11.5, class: "track" }), draw("path", { d: "M13 1.5A11.5 11.5 0 0 1 22.9 18.9", class: "arc turning" })],
    waiting: [draw("circle", { cx: 13, cy: 13, r: 11.5, class: "dashed" })],
  };
  return draw("svg", { viewBox: "0 0 26 26", "aria-hidden": "true" }, parts[state]);
}

const SHOE = "M6 40c0-8 3-13 9-13 3 0 5 5 10 6l17 3c5 1 8 3 8 7v3H6z";
const PICTURES = {
  streaming: ["M16 44h24v-9H16zM20 35V24M36 35V24", "M14 18a14 14 0 0 1 28 0M20 19a8 8 0 0 1 16 0"],
  stillness: [SHOE, "M6 50h46M28 8v12M24 16l4 5 4-5"],
  gravity: ["M28 6v34M20 32l8 9 8-9", "M10 50h36"],
  alternation: ["M14 12v22c0 6 8 6 8 0V12zM34 22v22c0 6 8 6 8 0V22z", "M26 10h16M38 6l5 4-5 4M30 52H14M18 48l-5 4 5 4"],
  tightness: [SHOE, "M20 30l8-8M26 33l8-9M33 35l7-8M20 20h12v6"],
  clock: ["M28 8a20 20 0 1 0 .1 0z", "M28 16v12l8 6"],
};

/** A small picture of what to look at. */
function picture(name) {
  const lines = PICTURES[name] ?? PICTURES.stillness;
  return draw("svg", { viewBox: "0 0 56 56", "aria-hidden": "true" }, lines.map((d) => draw("path", { d })));
}
