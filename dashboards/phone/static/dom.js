// Elements are made here and filled by text only: a name is never read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element: attributes, `on…` listeners, then children (words or nodes). */
export function el(tag, about = {}, ...children) {
  return fill(document.createElement(tag), about, children);
}

/** Make a part of a drawing. */
export function draw(tag, about = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), about, children);
}

function fill(node, about, children) {
  for (const [name, value] of Object.entries(about)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== ""));
  return node;
}

/** Words, only where they changed: what a screen reader has said is not said again. */
export function say(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

/** A side as a word in its colour. */
export function side(slot, word = slot) {
  return el("span", { class: { left: "L", right: "R" }[slot] ?? "" }, word);
}

export const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

/** How far she is: four bars and a number. */
export function progress(step) {
  const bars = [1, 2, 3, 4].map((n) => el("i", { class: n <= step ? "on" : null }));
  return el("div", { class: "steps" }, bars, el("span", {}, `${step} of 4`));
}

/** The heading, to which the focus goes when the step changes. */
export function heading(...words) {
  return el("h1", { tabindex: "-1" }, ...words);
}

export function button(words, on, kind = "") {
  return el("button", { type: "button", class: `btn ${kind}`, onclick: on }, words);
}

/** One choice of several, as a row of buttons. */
export function choices(name, options, chosen, on = () => {}, kind = "") {
  const all = options.map(([value, words]) =>
    el("label", { class: "choice" },
      el("input", { type: "radio", name, value, checked: value === chosen, onchange: () => on(value) }),
      el("span", {}, words)));
  return el("div", { class: `choices ${kind}` }, all);
}

/** Pain 0 to 10. */
export function pain(name, title, on = () => {}) {
  const levels = Array.from({ length: 11 }, (_, n) => [String(n), String(n)]);
  return el("fieldset", {}, el("legend", {}, title), choices(name, levels, null, on, "numbers"));
}

/** Value of a group of choices, null where none was made. */
export function chosen(form, name) {
  return form.querySelector(`input[name="${name}"]:checked`)?.value ?? null;
}
