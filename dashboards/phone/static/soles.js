// The soles: how full batteries are, and which one moves.

import { draw } from "/run/static/dom.js";

const SHAPE = "M42 4C66 2 86 30 91 66C95 96 84 122 81 152C79 176 84 196 82 218C80 244 66 256 52 256C36 256 23 244 22 220C21 198 31 178 29 150C27 126 9 104 7 72C5 36 18 6 42 4Z";
const TOP = 3, TALL = 254;
const LETTER = { left: "L", right: "R", hip: "hip" };

const shape = (kind) => draw("path", { d: SHAPE, class: `sole ${kind}` });

/** Both soles filled by battery; the hip is a dot between them. */
export function batteries(sensors) {
  const by = Object.fromEntries(sensors.map((s) => [s.slot, s]));
  const words = sensors.map((s) => `${s.slot} ${percent(s)}`).join(", ");
  const label = sensors.length ? `Batteries: ${words}` : "No sensors are known yet";
  const picture = draw("svg", { viewBox: "0 0 300 300", width: "290", role: "img", "aria-label": label });
  picture.append(
    draw("g", { transform: "translate(24 0)" }, ...filled(by.left, "left")),
    draw("g", { transform: "matrix(-1 0 0 1 276 0)" }, ...filled(by.right, "right")),
    caption(75, by.left, "left"), caption(225, by.right, "right"));
  if (by.hip) {
    picture.append(
      draw("circle", { cx: 150, cy: 120, r: 15, class: "sole hip" }),
      draw("text", { x: 150, y: 158, "font-size": 15, class: "quiet" }, `hip ${percent(by.hip)}`));
  }
  return picture;
}

const percent = (sensor) => (sensor?.battery_pct == null ? "–" : `${sensor.battery_pct} %`);

function filled(sensor, side) {
  if (!sensor) return [shape("rest")];
  const id = `clip-${side}`;
  const tall = (TALL * (sensor.battery_pct ?? 0)) / 100;
  return [
    draw("clipPath", { id }, draw("path", { d: SHAPE })),
    draw("rect", { x: 0, y: TOP + TALL - tall, width: 98, height: tall, class: `fill ${side}`, "clip-path": `url(#${id})` }),
    shape(side),
  ];
}

function caption(x, sensor, side) {
  const words = sensor ? `${LETTER[side]} ${percent(sensor)}` : LETTER[side];
  return draw("text", { x, y: 292, "font-size": 22, "font-weight": 680, class: sensor ? side : "quiet" }, words);
}

const WAVES = "M14 60q-16 30-12 64M0 40q-20 46-14 100M146 46q14 30 12 62M162 30q18 42 16 94";
const LEAST = 5; // As collector/shake.py: less is no shake.
const MOST = 15;

/** The sole that is to be shaken, and the other: each with its signal underneath. */
export function shaking(slot) {
  const asked = slot === "right" ? "right" : slot;
  const other = slot === "left" ? "right" : "left";
  const moving = figure(asked, 0);
  const resting = figure(other, 1);
  const place = { left: { [asked]: "translate(30 10)", rest: "matrix(-1 0 0 1 310 10)" }, right: { [asked]: "matrix(-1 0 0 1 290 10)", rest: "translate(10 10)" } };
  const at = place[slot === "right" ? "right" : "left"];
  moving.group.setAttribute("transform", at[asked]);
  resting.group.setAttribute("transform", at.rest);
  const left = slot !== "right";
  moving.label.setAttribute("x", left ? 79 : 241);
  resting.label.setAttribute("x", left ? 260 : 60);
  moving.trace.setAttribute("transform", `translate(${left ? 15 : 185} 318)`);
  resting.trace.setAttribute("transform", `translate(${left ? 195 : 0} 318)`);
  const waves = draw("path", { d: WAVES, class: `wave ${asked}`, opacity: 0, transform: left ? null : "translate(160 0)" });
  const node = draw("svg", { viewBox: "0 0 320 345", height: "345", role: "img", "aria-label": "Nothing moves yet" },
    resting.group, resting.label, moving.group, moving.label, waves, moving.trace, resting.trace);
  return { node, update: (shake) => update(node, shake, moving, resting, waves) };
}

function figure(side, number) {
  const sole = side === "hip" ? draw("circle", { cx: 49, cy: 130, r: 44, class: "sole rest" }) : shape("rest");
  return {
    side, sole,
    turned: draw("g", { class: "moving" }, sole),
    get group() { return (this.held ??= draw("g", {}, this.turned)); },
    label: draw("text", { y: number ? 98 : 152, "font-size": 17, class: "quiet" }, ""),
    trace: draw("path", { class: number ? "trace rest" : `trace ${side}`, d: "M0 0H115" }),
  };
}

function update(node, shake, moving, resting, waves) {
  const level = shake.moving.at(-1) ?? 0;
  const isLit = shake.is_found || level >= LEAST;
  const share = Math.min(level / MOST, 1);
  moving.sole.setAttribute("class", isLit ? `sole lit ${moving.side}` : "sole rest");
  const angle = shake.is_found ? -7 : isLit ? (shake.moving.length % 2 ? 9 : -9) * share : 0;
  moving.turned.setAttribute("transform", `rotate(${angle.toFixed(1)} 49 130)`);
  const letter = LETTER[moving.side];
  moving.label.textContent = isLit ? letter : "";
  moving.label.setAttribute("class", `on-${moving.side}`);
  moving.label.setAttribute("font-size", letter.length > 1 ? 26 : 46);
  moving.label.setAttribute("font-weight", 700);
  waves.setAttribute("opacity", isLit ? (0.35 + 0.65 * (shake.is_found ? 1 : share)).toFixed(2) : 0);
  const isResting = shake.moving.length > 0 || shake.is_found;
  resting.label.textContent = shake.both_move ? "moves too" : isResting ? "at rest" : "";
  moving.trace.setAttribute("d", trace(shake.moving));
  resting.trace.setAttribute("d", trace(shake.resting));
  node.setAttribute("aria-label", isLit ? "One shoe is moving" : "Nothing moves yet");
}

/** The signal's size over the last seconds, to and fro as the shoe goes. */
function trace(levels) {
  const step = 115 / 30;
  const points = levels.map((level, n) => {
    const size = Math.min(level / MOST, 1) * 24;
    return `${((30 - levels.length + n) * step).toFixed(1)} ${(n % 2 ? size : -size).toFixed(1)}`;
  });
  const from = `M0 0H${((30 - levels.length) * step).toFixed(1)}`;
  return points.length ? `${from}L${points.join("L")}L115 0` : "M0 0H115";
}
