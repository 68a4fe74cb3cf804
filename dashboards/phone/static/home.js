// The first screen: who runs in what, one button, the last runs.

import { button, el, heading } from "/run/static/dom.js";
import { batteries } from "/run/static/soles.js";
import { addRunner, agree, change, openSheet } from "/run/static/sheets.js";

export function home(state, { send, sheet }) {
  const { home: known } = state;
  const now = el("small");
  const parts = known.runner
    ? knownRunner(state, send, sheet)
    : [
        heading("Who runs?"),
        el("p", { class: "sub" }, "Say it once. It stays on this computer."),
        people(known, send),
        addRunner(send, known.runners),
      ];
  return {
    nodes: [top(state, now), ...parts],
    key: (s) => JSON.stringify(s.home),
    update: () => { now.textContent = clock(); },
  };
}

function top(state, now) {
  const right = state.is_virtual ? el("span", { class: "tag" }, "virtual sensors") : el("small", {}, "treadwear");
  return el("div", { class: "between top" }, now, right);
}

function clock() {
  return new Date().toLocaleString("en-GB", { weekday: "long", hour: "2-digit", minute: "2-digit" });
}

function greeting(name) {
  const hour = new Date().getHours();
  const word = hour < 4 || hour > 17 ? "Evening" : hour < 12 ? "Morning" : "Afternoon";
  return `${word}, ${name}.`;
}

function people(known, send) {
  if (!known.runners.length) return null;
  return el("ul", { class: "picks" }, known.runners.map((one) => el("li", {},
    el("button", { type: "button", class: "pick", onclick: () => send({ wish: "runner", runner: one.runner }) },
      el("span", {}, one.name), el("small", {}, one.runner)))));
}

function knownRunner(state, send, sheet) {
  const { home: known } = state;
  const ask = () => openSheet(sheet, agree(known, send, sheet));
  return [
    heading(greeting(known.runner.name)),
    el("section", { class: "card stage" }, el("div", { class: "centre" },
      batteries(known.sensors),
      el("small", {}, known.is_known ? known.battery_words || "batteries not heard yet" : "The sensors are told apart once, by shaking."),
      warning(known))),
    el("section", { class: "card between" },
      el("span", {}, el("b", {}, known.shoe || "No shoe named"), el("br"), el("small", {}, shoeWords(known))),
      el("button", { type: "button", class: "pill", onclick: () => openSheet(sheet, change(known, send, sheet, ask)) }, "Change")),
    known.is_asked ? lastRun(known) : el("section", { class: "card" }, agree(known, send, null)),
    el("div", { class: "end" },
      known.is_asked && known.obstacle ? el("p", { class: "card" }, known.obstacle) : null,
      known.is_asked && known.obstacle ? button("What may treadwear do?", ask, "quiet") : null,
      el("button", {
        type: "button", class: "btn", disabled: !state.may.includes("ready"),
        onclick: () => send({ wish: "ready" }),
      }, "Ready to run"),
      el("small", { class: "centre" }, "Saved on your own computer only")),
    runs(known),
  ];
}

function warning(known) {
  const low = known.sensors.filter((s) => s.is_low).map((s) => s.slot);
  if (!low.length) return null;
  return el("p", {}, el("b", {}, `Charge the ${low.join(" and the ")} sensor: the run may end early.`));
}

function shoeWords(known) {
  const shoe = known.shoes.find((one) => one.name === known.shoe);
  return shoe ? shoe.words : "choose one, or run without";
}

function lastRun(known) {
  const [last] = known.runs;
  if (!last) return el("p", { class: "sub small" }, "Your first run: how left and right compare is said here afterwards.");
  return el("p", { class: "sub small" }, `${last.when}: `.replace(/^./, (c) => c.toUpperCase()),
    el("b", {}, last.verdict), ". ", last.words);
}

function runs(known) {
  if (!known.runs.length) return null;
  return el("nav", { class: "card", "aria-label": "Last runs" }, el("h2", {}, "Last runs"),
    el("ul", { class: "runs" }, known.runs.map((run) => el("li", {},
      el("a", { href: `/reports/${encodeURIComponent(run.session)}` },
        el("span", { class: "between" }, el("span", {}, run.when), el("b", {}, run.verdict)))))));
}
