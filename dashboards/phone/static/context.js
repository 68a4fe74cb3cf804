// What is asked about the run: one screen, filled as last time, nothing needed.

import { button, capital, choices, chosen, el, heading, pain, progress, side } from "/run/static/dom.js";

const SURFACES = [["road", "Road"], ["track", "Track"], ["treadmill", "Treadmill"], ["trail", "Trail"]];
const BENDS = [["left", "To the left"], ["right", "To the right"], ["both", "Both ways"]];

export function context(state, { send }) {
  const known = state.context;
  const form = el("form", { class: "form", onsubmit: (e) => e.preventDefault() });
  const sensors = el("p", { class: "between card", "aria-live": "polite" });
  const bends = el("fieldset", {}, el("legend", {}, "Which way do the bends go?"), choices("bends", BENDS, known.bends));
  const speed = el("div", { class: "field" }, el("label", { for: "speed" }, "Speed of the belt, km/h"),
    el("input", { type: "number", id: "speed", min: 1.8, max: 28.8, step: 0.1, inputmode: "decimal", value: known.speed_kmh }));
  const where = el("div", { class: "field", hidden: true }, el("label", { for: "where" }, "Where?"),
    el("input", { type: "text", id: "where", maxlength: 60, autocomplete: "off" }));
  const suit = (surface) => {
    bends.hidden = !["road", "track"].includes(surface);
    speed.hidden = surface !== "treadmill";
  };
  suit(known.surface);
  form.append(
    shoe(known),
    el("fieldset", {}, el("legend", {}, "Where do you run?"), choices("surface", SURFACES, known.surface, suit)),
    bends, speed,
    pain("pain", "Pain now, 0 none to 10 worst (if you like)", (level) => { where.hidden = level === "0"; }), where,
    el("div", { class: "field" }, el("label", { for: "note" }, "Note"), el("textarea", { id: "note", maxlength: 300 })));
  const start = button("Start", () => send(wish(form)));
  return {
    nodes: [
      progress(4), heading("Before you go."), sensors,
      known.unverified ? el("p", { class: "card" }, el("b", {}, "Unverified: "), `${known.unverified}.`) : null,
      known.notes.length ? el("div", { class: "card small" }, known.notes.map((words) => el("p", {}, words))) : null,
      form,
      el("div", { class: "end" }, start,
        el("small", { class: "centre" }, "Or just run: it starts by itself after ten seconds."),
        button("Back", () => send({ wish: "home" }), "quiet")),
    ].filter(Boolean),
    update: (s) => {
      start.disabled = !s.may.includes("start");
      const words = JSON.stringify(s.context.sensors);
      if (sensors.dataset.words !== words) sensors.replaceChildren(...states(s.context.sensors));
      sensors.dataset.words = words;
    },
  };
}

function states(sensors) {
  if (!sensors.length) return ["Connecting the sensors."];
  return sensors.map((one) => el("span", {}, side(one.slot, `${capital(one.slot)} `), el("b", {}, one.words), one.is_low ? ", battery low" : ""));
}

function shoe(known) {
  const options = known.shoes.map((one) => el("option", { value: one.name, selected: one.name === known.shoe }, `${one.name} · ${one.words}`));
  const none = el("option", { value: "", selected: !known.shoe }, "no shoe named");
  return el("div", { class: "field" }, el("label", { for: "shoe" }, "Shoe"), el("select", { id: "shoe" }, none, options));
}

function wish(form) {
  const surface = chosen(form, "surface") ?? "";
  const pain = chosen(form, "pain");
  const speed = form.querySelector("#speed");
  return {
    wish: "start",
    shoe: form.querySelector("#shoe").value,
    surface,
    bends: ["road", "track"].includes(surface) ? chosen(form, "bends") ?? "" : "",
    speed_kmh: surface === "treadmill" && speed.value ? Number(speed.value) : null,
    pain: pain === null ? null : Number(pain),
    where: Number(pain) > 0 ? form.querySelector("#where").value.trim() : "",
    note: form.querySelector("#note").value.trim(),
  };
}
