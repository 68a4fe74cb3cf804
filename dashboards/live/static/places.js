// Who stands where, and how many tiles a screen takes. Pure but for what it remembers.

const GAP = 10;
const DESIGN = { width: 409, height: 344 }; // one tile as drawn: tile.css
const LEAST = { width: 330, height: 262 }; // smaller figures cannot be read at 2 m
const SCROLL_WIDTH = 340;
const MOST = 12; // on a laptop: product.md 3.2
const FEWEST_TO_TURN = 4; // a screen that takes fewer is scrolled, not turned
const KEEP_MS = 60000; // after a restart of the server everybody is back within seconds

/** Place of each runner; it stays while she is there, and for a while after. */
export class Places {
  #kept = new Map(); // runner -> { place, goneMs (0: she is there) }

  enter(runner, nowMs) {
    for (const [other, { goneMs }] of this.#kept) {
      if (goneMs && nowMs - goneMs > KEEP_MS) this.#kept.delete(other);
    }
    const place = this.#kept.get(runner)?.place ?? this.#firstFree();
    this.#kept.set(runner, { place, goneMs: 0 });
    return place;
  }

  leave(runner, nowMs) {
    const kept = this.#kept.get(runner);
    if (kept) kept.goneMs = nowMs;
  }

  #firstFree() {
    const taken = new Set([...this.#kept.values()].map(({ place }) => place));
    let place = 0;
    while (taken.has(place)) place += 1;
    return place;
  }
}

const most = (room, least) => Math.max(1, Math.floor((room + GAP) / (least + GAP)));

function grids(width, height) {
  const [cols, rows] = [most(width, LEAST.width), most(height, LEAST.height)];
  const all = [];
  for (let c = 1; c <= cols; c += 1) {
    for (let r = 1; r <= rows; r += 1) {
      const size = Math.min(width / c / DESIGN.width, height / r / DESIGN.height);
      if (c * r <= MOST) all.push({ cols: c, rows: r, takes: c * r, size });
    }
  }
  return all;
}

const better = (a, b, of) => (of(b) > of(a) + 1e-6 ? b : a);

/** Grid with the largest tiles for so many places; pages when they do not fit. */
export function layout(n, width, height, stripHeight) {
  const all = grids(width, height);
  const fitting = all.filter(({ takes }) => takes >= n);
  if (fitting.length) return { mode: "fits", ...fitting.reduce((a, b) => better(a, b, (g) => g.size)) };
  const beside = grids(width, height - stripHeight);
  const fullest = beside.reduce((a, b) => better(a, b, (g) => g.takes + g.size / 100));
  if (fullest.takes >= FEWEST_TO_TURN) return { mode: "turns", ...fullest };
  return { mode: "scrolls", cols: most(width, SCROLL_WIDTH), rows: 1, takes: Infinity };
}
