// What can be changed before a run: the runner, the shoe, what she agreed to.

import { button, el } from "/run/static/dom.js";

export function openSheet(sheet, ...nodes) {
  sheet.replaceChildren(...nodes, button("Close", () => sheet.close(), "quiet"));
  if (!sheet.open) sheet.showModal();
}

/** Runner, shoe, hip, sensors: one tap each. */
export function change(known, send, sheet, ask) {
  const of = known.runner.runner; // who is shown here, whoever was chosen elsewhere since
  const then = async (wish) => { if (await send({ ...wish, of })) sheet.close(); };
  return el("div", { class: "form" },
    el("h2", { id: "sheet-title" }, "Change"),
    shoes(known, then),
    el("label", { class: "tickbox" },
      el("input", { type: "checkbox", checked: known.has_hip, onchange: (e) => then({ wish: "hip", worn: e.target.checked }) }),
      el("span", {}, "I wear a sensor on the hip too")),
    known.is_known ? button("Tell the sensors apart anew", () => then({ wish: "ready", again: true }), "quiet") : null,
    button("What may treadwear do?", ask, "quiet"),
    el("h3", {}, "Who runs"),
    picks(known.runners, known.runner.runner, (one) => one.runner, (one) => one.name, (one) => one.runner,
      (one) => then({ wish: "runner", runner: one.runner })),
    el("details", {}, el("summary", {}, "Somebody new"), addRunner(then, known.runners)));
}

function shoes(known, then) {
  const name = el("input", { type: "text", id: "new-shoe", maxlength: 60, autocomplete: "off" });
  const add = (event) => {
    event.preventDefault();
    if (name.value.trim()) then({ wish: "shoe", shoe: name.value.trim() });
  };
  return el("div", { class: "form" }, el("h3", {}, "Shoe"),
    picks(known.shoes, known.shoe, (s) => s.name, (s) => s.name, (s) => s.words, (s) => then({ wish: "shoe", shoe: s.name })),
    el("form", { class: "field", onsubmit: add },
      el("label", { for: "new-shoe" }, "Another pair"),
      el("span", { class: "between" }, name, el("button", { class: "pill" }, "Add"))));
}

function picks(all, now, key, words, more, on) {
  return el("ul", { class: "picks" }, all.map((one) => el("li", {},
    el("button", { type: "button", class: "pick", "aria-pressed": String(key(one) === now), onclick: () => on(one) },
      el("span", {}, words(one)), el("small", {}, more(one))))));
}

/** A pseudonym goes wherever data goes; the name stays on this computer. */
export function addRunner(send, runners = []) {
  const name = el("input", { type: "text", id: "name", maxlength: 60, autocomplete: "off" });
  const id = el("input", { type: "text", id: "pseudonym", maxlength: 32, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  id.value = unrelated(runners);
  const add = (event) => {
    event.preventDefault();
    send({ wish: "add_runner", runner: id.value.trim(), name: name.value.trim() });
  };
  return el("form", { class: "form card", onsubmit: add },
    el("div", { class: "field" }, el("label", { for: "name" }, "Name"), name),
    el("div", { class: "field" }, el("label", { for: "pseudonym" }, "Pseudonym for the data"), id,
      el("small", {}, "Small letters, digits, dashes. Files and messages carry this, never the name.")),
    el("button", { class: "btn" }, "Add"));
}

/** A pseudonym that nobody has yet, and that says nothing of the name. */
function unrelated(runners) {
  const taken = new Set(runners.map((one) => one.runner));
  let number = 1;
  while (taken.has(`runner-${number}`)) number += 1;
  return `runner-${number}`;
}

const PURPOSES = [
  ["store", "Keep my runs on this computer", "Without this nothing can be recorded.", true],
  ["live", "Show me on the coach's wall", "Whoever may see the wall sees how I run just now.", false],
  ["share", "Hand my reports to somebody else", "To a coach or a physio, as a file.", false],
  ["research", "Be part of data sets without a name", "The way somebody runs can give her away even so.", false],
];

/** Four questions, each for itself; all can be answered anew at any time. */
export function agree(known, send, sheet) {
  const form = el("form", { class: "form", onsubmit: keep });
  async function keep(event) {
    event.preventDefault();
    const wish = { wish: "agree", of: known.runner.runner };
    for (const [name] of PURPOSES) wish[name] = form.elements[name].checked;
    if (await send(wish)) sheet?.close();
  }
  const boxes = PURPOSES.map(([name, title, words, usual]) =>
    el("label", { class: "tickbox" }, el("input", { type: "checkbox", name, checked: !known.is_asked && usual }),
      el("span", {}, el("b", {}, title), el("small", {}, words))));
  form.append(el("h2", { id: sheet ? "sheet-title" : null }, "What may treadwear do?"),
    el("p", { class: "small" }, `${known.runner.name} decides, each for itself, and can change it at any time.`),
    ...boxes, el("button", { class: "btn" }, "Save my answer"));
  return form;
}
