// The page: asks for the state again and again, and lets one screen draw it.

import { el } from "/run/static/dom.js";
import { home } from "/run/static/home.js";
import { find, shake } from "/run/static/find.js";
import { fit } from "/run/static/fit.js";
import { context } from "/run/static/context.js";
import { ended, fault, running, saving } from "/run/static/run.js";

const SCREENS = { home, find, shake, fit, context, running, saving, ended, fault };
const LEAST_MS = 200; // Five drawings a second are enough.
const AGAIN_MS = 1000;
const LATE_MS = 3000; // From then on nothing is shown as live.
const SAID_MS = 9000;

const main = document.getElementById("screen");
const link = document.getElementById("link");
const said = document.getElementById("said");
const sheet = document.getElementById("sheet");

let tag = "";
let newest = { server: "", number: 0 };
let shown = null;
let heard = performance.now();
let asking = null;
let hushed = 0;

const rest = (ms) => new Promise((go) => setTimeout(go, ms));

async function follow() {
  for (;;) {
    const began = performance.now();
    const isGood = await look();
    const pause = isGood ? LEAST_MS : AGAIN_MS;
    await rest(Math.max(0, pause - (performance.now() - began)));
  }
}

async function look() {
  asking = new AbortController();
  const late = setTimeout(() => asking.abort(), 8000);
  try {
    const answer = await fetch(`/run/state?after=${tag}`, { signal: asking.signal });
    if (answer.status === 200) take(await answer.json());
    else if (answer.status !== 204) return locked(answer);
    heard = performance.now();
    connected(true);
    return true;
  } catch {
    connected(performance.now() - heard < LATE_MS);
    return false;
  } finally {
    clearTimeout(late);
  }
}

async function locked(answer) {
  link.textContent = answer.status === 403 || answer.status === 401
    ? "This phone is not let in any more. Open the page by the QR code again."
    : `The computer answers ${answer.status}.`;
  link.hidden = false;
  return false;
}

function connected(isSo) {
  main.classList.toggle("stale", !isSo);
  if (!isSo) link.textContent = "No word from the computer. A run that was begun goes on there.";
  link.hidden = isSo;
}

function take(state) {
  if (state.server === newest.server && state.number < newest.number) return;
  newest = state;
  tag = `${state.server}-${state.number}`;
  const make = SCREENS[state.step];
  const isOther = shown?.step !== state.step;
  if (isOther || shown.key !== shown.screen.key?.(state)) {
    const screen = make(state, { send, sheet });
    main.replaceChildren(...screen.nodes.filter(Boolean));
    main.dataset.step = state.step;
    if (isOther && shown) main.querySelector("h1")?.focus({ preventScroll: true });
    if (isOther && sheet.open && state.step !== "home") sheet.close();
    if (isOther) scrollTo(0, 0);
    shown = { step: state.step, screen, key: screen.key?.(state) };
  }
  shown.screen.update?.(state);
  main.setAttribute("aria-busy", "false");
}

/** Ask for something; gives whether it was done. What was refused is said. */
async function send(wish) {
  try {
    const answer = await fetch("/run/do", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(wish),
    });
    if (answer.ok) {
      take(await answer.json());
      return true;
    }
    tell(await answer.text());
  } catch {
    tell("The computer did not answer. Try again.");
  }
  return false;
}

function tell(body) {
  let words = [body];
  try {
    const refusal = JSON.parse(body);
    words = [refusal.what, refusal.why, refusal.next].filter(Boolean);
  } catch { /* plain words */ }
  said.replaceChildren(...words.map((line) => el("p", {}, line)));
  said.hidden = false;
  clearTimeout(hushed);
  hushed = setTimeout(() => { said.hidden = true; }, SAID_MS);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) asking?.abort();
});
setInterval(() => {
  if (performance.now() - heard > LATE_MS) connected(false);
}, 500);
follow();
