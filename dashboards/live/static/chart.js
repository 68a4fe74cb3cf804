// Two charts over the last ten minutes: contact time of both feet, and the difference
// with its interval and her own band. Draws; computes nothing but places on the screen.

const NS = "http://www.w3.org/2000/svg";
const SPAN_S = 600;
const GAP_S = 10; // a line is not drawn across a longer silence: SILENT_S of words.js
const EDGE = { top: 30, right: 118, bottom: 30, left: 62 };

const make = (name, attributes, text) => {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};

/** Scales of a chart of this size in pixels for values between low and high. */
function frame(svg, low, high) {
  const { width, height } = svg.getBoundingClientRect();
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren();
  const [inner, tall] = [width - EDGE.left - EDGE.right, height - EDGE.top - EDGE.bottom];
  return {
    x: (backS) => EDGE.left + (1 - Math.min(backS, SPAN_S) / SPAN_S) * inner,
    y: (value) => EDGE.top + ((high - value) / (high - low)) * tall,
    left: EDGE.left, right: width - EDGE.right, top: EDGE.top, bottom: height - EDGE.bottom,
    low, high, isNarrow: width < 620,
  };
}

/** Pieces of a line without gaps: [[backS, value], ...] each. */
function pieces(ago, values) {
  const found = [];
  let last = null;
  ago.forEach((backS, i) => {
    if (values[i] === null) return;
    if (last === null || last - backS > GAP_S) found.push([]);
    found.at(-1).push([backS, values[i]]);
    last = backS;
  });
  return found;
}

const path = (f, points) => points.map(([backS, v], i) => `${i ? "L" : "M"}${f.x(backS).toFixed(1)} ${f.y(v).toFixed(1)}`).join("");

function line(svg, f, ago, values, name) {
  for (const piece of pieces(ago, values)) svg.append(make("path", { class: `line ${name}`, d: path(f, piece) }));
}

function axes(svg, f, ticks, unit) {
  const step = f.isNarrow ? 300 : 120;
  for (let backS = SPAN_S; backS >= 0; backS -= step) {
    const at = { x: f.x(backS), y: f.bottom + 22, class: "tick", "text-anchor": "middle" };
    svg.append(make("text", at, backS ? `${backS / 60} min ago` : "now"));
  }
  for (const value of ticks) {
    svg.append(make("path", { class: "grid", d: `M${f.left} ${f.y(value)}H${f.right}` }));
    svg.append(make("text", { class: "tick", x: f.left - 8, y: f.y(value) + 5, "text-anchor": "end" }, unit(value)));
  }
}

const LABEL = {
  mark: () => "mark", snooze: ({ seconds }) => (seconds ? "snooze" : "awake"),
  alert_raised: ({ code }) => `${code} on`, alert_cleared: ({ code }) => `${code} out`,
  gap: () => "data lost", swap_suspected: () => "sides in doubt",
};

function moments(svg, f, list) {
  const ends = [-Infinity, -Infinity]; // two rows of labels, so that neighbours stay apart
  for (const moment of list) {
    const [x, words] = [f.x(moment.ago_s), (LABEL[moment.kind] || (() => moment.kind))(moment)];
    const row = ends[0] < x ? 0 : ends[1] < x ? 1 : -1;
    svg.append(make("path", { class: `moment ${moment.kind}`, d: `M${x} ${f.top}V${f.bottom}` }));
    if (row < 0) continue;
    ends[row] = x + words.length * 8 + 12;
    svg.append(make("text", { class: "moment-word", x: x + 3, y: f.top - 4 - row * 14 }, words));
  }
}

const last = (values) => values.findLast((v) => v !== null);
const known = (lists) => lists.flat().filter((v) => v !== null && v !== undefined);

function nice(low, high) {
  const rough = (high - low) / 4;
  const step = [1, 2, 5, 10, 20, 50, 100, 200].find((s) => s >= rough) || 500;
  const ticks = [];
  for (let v = Math.ceil(low / step) * step; v <= high; v += step) ticks.push(v);
  return ticks;
}

/** Words at the right end of both lines, held apart. */
function endWords(svg, f, words) {
  const placed = words.filter(({ value }) => value !== undefined).map((w) => ({ ...w, y: f.y(w.value) }));
  placed.sort((a, b) => a.y - b.y);
  if (placed.length === 2 && placed[1].y - placed[0].y < 22) {
    const middle = (placed[0].y + placed[1].y) / 2;
    [placed[0].y, placed[1].y] = [middle - 11, middle + 11];
  }
  for (const { y, text, name } of placed) svg.append(make("text", { class: `end ${name}`, x: f.right + 8, y: y + 5 }, text));
}

export function drawContact(svg, history) {
  const { ago_s: ago, contact_left_ms: left, contact_right_ms: right } = history;
  const all = known([left, right]);
  const [low, high] = all.length ? [Math.min(...all), Math.max(...all)] : [200, 260];
  const pad = Math.max(10, (40 - (high - low)) / 2);
  const f = frame(svg, low - pad, high + pad);
  axes(svg, f, nice(f.low, f.high), (v) => `${v}`);
  moments(svg, f, history.moments);
  line(svg, f, ago, left, "L");
  line(svg, f, ago, right, "R");
  endWords(svg, f, [
    { value: last(left), text: `left ${last(left)?.toFixed(0)} ms`, name: "L" },
    { value: last(right), text: `right ${last(right)?.toFixed(0)} ms`, name: "R" },
  ]);
}

/** The interval as an area; only where difference and both ends are known. */
function ribbon(svg, f, { ago_s: ago, ci_low: low, ci_high: high }) {
  const tops = pieces(ago, high);
  pieces(ago, low).forEach((piece, i) => {
    const back = [...tops[i]].reverse().map(([backS, v]) => `L${f.x(backS).toFixed(1)} ${f.y(v).toFixed(1)}`).join("");
    svg.append(make("path", { class: "ribbon", d: `${path(f, piece)}${back}Z` }));
  });
}

function ownBand(svg, f, { usual_pct: usual, band_low_pct: low, band_high_pct: high }) {
  if (usual === null || low === null || high === null) return;
  svg.append(make("rect", { class: "own-band", x: f.left, width: f.right - f.left, y: f.y(high), height: f.y(low) - f.y(high) }));
  svg.append(make("path", { class: "own-usual", d: `M${f.left} ${f.y(usual)}H${f.right}` }));
  const y = Math.min(Math.max(f.y(usual) + 5, f.top + 34), f.bottom - 24); // clear of the words at both ends
  svg.append(make("text", { class: "tick", x: f.right + 8, y }, "own usual"));
}

export function drawDifference(svg, history) {
  const { ago_s: ago, asi_pct: asi, ci_low: low, ci_high: high } = history;
  const reach = Math.max(6, ...known([asi, low, high, [history.band_low_pct, history.band_high_pct]]).map(Math.abs)) * 1.08;
  const f = frame(svg, -reach, reach);
  ownBand(svg, f, history);
  axes(svg, f, nice(f.low, f.high), (v) => (v ? `${v < 0 ? "L" : "R"} ${Math.abs(v)} %` : "0"));
  svg.append(make("path", { class: "zero-line", d: `M${f.left} ${f.y(0)}H${f.right}` }));
  moments(svg, f, history.moments);
  ribbon(svg, f, history);
  line(svg, f, ago, asi, "both");
  svg.append(make("text", { class: "end R", x: f.right + 8, y: f.top + 12 }, "▴ right longer"));
  svg.append(make("text", { class: "end L", x: f.right + 8, y: f.bottom - 2 }, "▾ left longer"));
}
