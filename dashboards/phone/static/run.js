// The run, what became of it, and what went wrong.

import { button, capital, chosen, draw, el, heading, pain, say, side } from "/run/static/dom.js";
import { ring } from "/run/static/fit.js";

const TITLES = {
  waiting: "Stand a moment, then run.",
  running: "Running.",
  paused: "Paused.",
  stopped: "Stopped.",
};
const PHASES = {
  waiting: "It is recorded already.",
  running: "",
  paused: "It goes on when you run, and ends after four minutes of rest.",
  stopped: "No running for four minutes.",
};
const DISK = {
  nothing: ["Nothing recorded yet", false],
  receiving: ["Receiving; not on disk yet", false],
  safe: ["Recording to disk", true],
  refused: ["NOT on disk: free some space on the computer now", false],
};
const ARMED_MS = 4000;
const HOLD_MS = 900;

export function running(state, { send }) {
  const title = heading("");
  const sub = el("p", { class: "sub" });
  const time = el("p", { class: "time live", role: "timer" });
  const cadence = el("b");
  const lost = el("section", { class: "card loud", role: "alert", hidden: true });
  const disk = el("p", { class: "card disk live" });
  const list = el("ul", { class: "card rows live" });
  let missing = "";
  return {
    nodes: [
      title, sub, lost,
      el("section", { class: "stage live" }, el("div", {}, time, el("p", { class: "figures" }, el("span", {}, cadence, el("small", {}, "steps a minute"))))),
      disk, list,
      state.run.unverified ? el("small", {}, `Unverified: ${state.run.unverified}.`) : "",
      el("div", { class: "end" }, stopper(send)),
    ].filter(Boolean),
    update: (s) => {
      const { run } = s;
      say(title, TITLES[run.phase]);
      say(sub, PHASES[run.phase]);
      say(time, clock(run.elapsed_s));
      say(cadence, run.cadence_spm === null ? "–" : String(run.cadence_spm));
      drawDisk(disk, run.disk);
      list.replaceChildren(...run.sensors.map(line));
      const names = run.lost.join(" and ");
      if (names !== missing) {
        tellLost(lost, names);
        if (names) shiver();
      }
      missing = names;
    },
  };
}

function tellLost(lost, names) {
  lost.hidden = !names;
  lost.replaceChildren(el("h2", {}, `${capital(names)} sensor lost.`),
    el("p", {}, "Keep running: what came before is safe. It is looked for meanwhile."));
}

function shiver() {
  // Browsers complain of a page that shakes a phone nobody has touched.
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([250, 120, 250]);
}

function drawDisk(disk, word) {
  if (disk.dataset.word === word) return;
  disk.dataset.word = word;
  const [words, isSafe] = DISK[word];
  disk.classList.toggle("loud", word === "refused");
  const mark = isSafe
    ? [draw("circle", { cx: 13, cy: 13, r: 13, class: "disc" }), draw("path", { d: "M7.5 13.5l4 4 7.5-8.5", class: "check" })]
    : [draw("circle", { cx: 13, cy: 13, r: 11.5, class: "dashed" })];
  disk.replaceChildren(draw("svg", { viewBox: "0 0 26 26", "aria-hidden": "true" }, mark), el("span", {}, words));
}

function line(one) {
  const battery = one.battery_pct === null ? "" : `${one.battery_pct} %${one.is_low ? ", low" : ""}`;
  return el("li", {}, el("div", { class: "line" },
    el("span", {}, side(one.slot, capital(one.slot)), ` ${one.is_live ? "●" : "○"} ${one.words}`), el("em", {}, battery)));
}

function clock(seconds) {
  const pad = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** A run must not end by an elbow: two taps, or one that is held. */
function stopper(send) {
  let isArmed = false;
  let held = 0;
  const words = "Stop";
  const stop = () => send({ wish: "stop" });
  const disarm = () => { isArmed = false; node.classList.remove("armed"); say(node, words); };
  const node = button(words, () => {
    if (isArmed) return stop();
    isArmed = true;
    node.classList.add("armed");
    say(node, "Tap again to stop");
    setTimeout(disarm, ARMED_MS);
    return undefined;
  });
  node.addEventListener("pointerdown", () => { held = setTimeout(stop, HOLD_MS); });
  for (const end of ["pointerup", "pointerleave", "pointercancel"]) node.addEventListener(end, () => clearTimeout(held));
  node.addEventListener("contextmenu", (event) => event.preventDefault());
  return node;
}

export function saving() {
  const turning = ring();
  turning.turn();
  return { nodes: [heading("Storing your run."), el("p", { class: "sub" }, "A moment: it is analysed now. You can put the phone away."), el("section", { class: "stage" }, turning.node)] };
}

export function ended(state, { send }) {
  const { end } = state;
  const form = el("form", { class: "card form", onsubmit: (e) => e.preventDefault() });
  const where = el("div", { class: "field", hidden: true }, el("label", { for: "where" }, "Where?"),
    el("input", { type: "text", id: "where", maxlength: 60, autocomplete: "off" }));
  const keep = button("Keep this answer", () => {
    const level = Number(chosen(form, "pain"));
    send({ wish: "pain", pain: level, where: level ? form.querySelector("#where").value.trim() : "" });
  }, "quiet");
  keep.disabled = true;
  form.append(pain("pain", "Pain now, 0 none to 10 worst", (level) => { keep.disabled = false; where.hidden = level === "0"; }), where, keep);
  const kept = el("section", { class: "card", "aria-live": "polite", hidden: true });
  return {
    nodes: [
      heading("Done."),
      el("section", { class: "card" }, el("h2", {}, end.line.verdict ? `${capital(end.line.verdict)}.` : "No verdict here."),
        el("p", { class: "sub" }, end.line.words), end.note && end.note !== end.line.words ? el("p", {}, end.note) : null),
      form, kept,
      el("div", { class: "end" },
        end.has_report ? el("a", { class: "btn", href: `/reports/${encodeURIComponent(end.line.session)}` }, "See the report") : null,
        button("Back to the start", () => send({ wish: "home" }), "quiet")),
    ],
    update: (s) => {
      if (s.end?.pain == null) return;
      form.hidden = true;
      kept.hidden = false;
      const words = `Kept: pain ${s.end.pain} of 10. ${s.end.advice}`;
      if (kept.textContent !== words) kept.replaceChildren(el("p", {}, words));
    },
  };
}

export function fault(state, { send }) {
  const { fault: wrong } = state;
  return {
    nodes: [
      heading(wrong.what),
      wrong.why ? el("p", { class: "sub" }, wrong.why) : "",
      wrong.steps.length ? el("section", { class: "card" }, el("h2", {}, "What you can do"),
        wrong.steps.length > 1 ? el("ol", {}, wrong.steps.map((step) => el("li", {}, step))) : el("p", {}, wrong.steps[0])) : "",
      el("div", { class: "end" },
        button("Try again", () => send({ wish: "again" })),
        button("Back", () => send({ wish: "home" }), "quiet")),
    ].filter(Boolean),
    key: (s) => JSON.stringify(s.fault),
  };
}
