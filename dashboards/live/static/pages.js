// Which page of the wall is shown, and when the next one comes.

const EACH_MS = 10000; // three seconds for six tiles, thrice

export class Pages {
  at = 0;
  count = 1;
  turns = true;
  #sinceMs = 0;

  constructor(turns) {
    this.turns = turns;
  }

  /** Fit to so many pages. */
  fit(count) {
    this.count = Math.max(1, count);
    this.at = Math.min(this.at, this.count - 1);
  }

  /** Somebody chose a page: it stays until she asks for turning again. */
  show(page) {
    this.turns = false;
    this.at = (page + this.count) % this.count;
  }

  setTurning(yes, nowMs) {
    this.turns = yes;
    this.#sinceMs = nowMs;
  }

  /** Turn when it is time; true when the page changed. */
  tick(nowMs, isHeld) {
    if (!this.turns || isHeld || this.count < 2) {
      this.#sinceMs = nowMs;
      return false;
    }
    if (nowMs - this.#sinceMs < EACH_MS) return false;
    this.#sinceMs = nowMs;
    this.at = (this.at + 1) % this.count;
    return true;
  }
}

/** Call back with -1 or 1 when a finger wipes sideways over the element. */
export function onSwipe(element, turn) {
  let start = null;
  element.addEventListener("pointerdown", (event) => {
    start = event.pointerType === "touch" ? { x: event.clientX, y: event.clientY } : null;
  });
  element.addEventListener("pointerup", (event) => {
    if (!start) return;
    const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
    start = null;
    if (Math.abs(dx) > 60 && Math.abs(dx) > 2 * Math.abs(dy)) turn(dx < 0 ? 1 : -1);
  });
  element.addEventListener("pointercancel", () => { start = null; });
}
