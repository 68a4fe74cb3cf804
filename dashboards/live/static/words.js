// What a tile says. Pure: a tile, the age of its data and the time in, words out.
// Left is drawn left of zero, right is right of it; "+" in the data means right longer.

import { notesOf } from "./glyphs.js";
import { isHipOnly, litCode, ownBand, stateOf } from "./state.js";

export const LATE_S = 3; // below this a number counts as live
export const SILENT_S = 10; // from here on the number is gone

export function freshness(ageS) {
  if (ageS < LATE_S) return "live";
  return ageS < SILENT_S ? "late" : "silent";
}

/** Magnitude: one decimal below 10 %, none from there on. */
export function percent(value) {
  const size = Math.abs(value);
  return size < 9.95 ? size.toFixed(1) : size.toFixed(0);
}

/** The comparison, or null: without its interval a difference is not shown at all. */
export function reading(tile) {
  const { asi_pct: asi, ci_low: low, ci_high: high } = tile;
  if (tile.state !== "live" && tile.state !== "ended") return null;
  if (asi === null || low === null || high === null) return null;
  const side = asi < 0 ? "left" : "right";
  const isClear = (low > 0 && asi > 0) || (high < 0 && asi < 0);
  return { asi, low, high, side, isClear };
}

const letter = (value) => (value < 0 ? "L" : "R");

export function likely({ low, high }) {
  if (low > 0 || high < 0) {
    const ends = [low, high].map(Math.abs).sort((a, b) => a - b);
    return `likely ${percent(ends[0])}–${percent(ends[1])} %`;
  }
  const end = (value) => (percent(value) === "0.0" ? "0" : `${letter(value)} ${percent(value)}`);
  return `likely ${end(low)} to ${end(high)} %`;
}

const two = (n) => String(n).padStart(2, "0");

export function clockTime(ms) {
  const t = new Date(ms);
  return [t.getHours(), t.getMinutes(), t.getSeconds()].map(two).join(":");
}

export const shortTime = (ms) => clockTime(ms).slice(0, 5);

export function elapsed(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h ? [`${h}:${two(m)}:${two(s % 60)}`, "h"] : [`${m}:${two(s % 60)}`, "min"];
}

export function duration(seconds) {
  const s = Math.floor(seconds);
  if (s < 120) return `${s} s`;
  return s < 7200 ? `${Math.floor(s / 60)} min` : `${Math.floor(s / 3600)} h`;
}

const SAID = {
  calibrating: () => ({
    big: "getting ready", likely: "no reading yet", small: "finding out how the sensors sit",
  }),
  warming: (tile) => ({
    likely: "no reading yet", small: "strides until the first reading",
    big: `${Math.min(tile.n_pairs, tile.pairs_needed)}`, of: ` / ${tile.pairs_needed}`,
  }),
  walking: () => ({
    big: "walking", likely: "no reading", small: "left and right are compared while running",
  }),
  one_foot: (tile) => (isHipOnly(tile) ? hipOnly(tile) : {
    big: "one foot only", likely: "no comparison",
    small: tile.note || "one of the two shoe sensors is missing",
  }),
  in_doubt: (tile) => ({
    big: "left or right?", likely: "no comparison", small: tile.note || "the sensors may be on the wrong feet",
  }),
  live: (tile) => live(reading(tile)),
  ended: (tile) => ended(tile, reading(tile)),
};

function hipOnly(tile) {
  return {
    big: "hip only", likely: "no comparison",
    small: tile.note.replace(/^hip only:? ?/, "") || "no left against right",
  };
}

/** A figure whose interval holds zero is shown without a side: nobody knows it. */
function live(found) {
  if (!found) return { big: "no reading", small: "not enough good strides just now", likely: "no reading" };
  const figure = { reading: found, likely: likely(found), number: percent(found.asi) };
  return found.isClear ? { ...figure, side: found.side } : { ...figure, small: "no clear difference" };
}

function ended(tile, found) {
  const [time, unit] = elapsed(tile.elapsed_s);
  const last = found && (found.isClear ? `${letter(found.asi)} +${percent(found.asi)} %, ` : "no clear difference, ");
  return {
    big: "run ended", small: `after ${time} ${unit}`, likely: "no live reading",
    note: found ? `last reading ${last}${likely(found)}` : "",
  };
}

function silent(ageS, nowMs) {
  return {
    big: `silent ${duration(ageS)}`, likely: "no live reading",
    small: `last heard ${clockTime(nowMs - ageS * 1000)}`,
  };
}

/** What stands beside the shoe: a code and for how long, or what it was, and the snooze. */
function beside(tile, ageS, isLive, snoozedUntilMs) {
  const { state, code, since_ns: since } = tile.light;
  const parts = [];
  if (state === "check" && !isLive) parts.push(`was check ${code}`);
  if (state === "check" && isLive) {
    const lasted = since && !snoozedUntilMs ? ` for ${elapsed((tile.data_t_ns - since) / 1e9 + ageS).join(" ")}` : "";
    parts.push(`${code}${lasted}`);
  }
  if (snoozedUntilMs) parts.push(`snoozed until ${shortTime(snoozedUntilMs)}`);
  return parts.join(" · ");
}

const FRESH_WORD = { live: "live", silent: "stale" };

/** Everything that a tile shows at this moment. */
export function say(tile, ageS, nowMs, snoozedUntilMs = 0) {
  const isOver = tile.state === "ended";
  const fresh = isOver ? "silent" : freshness(ageS);
  const isGone = fresh === "silent" && !isOver;
  const until = snoozedUntilMs > nowMs && !isOver ? snoozedUntilMs : 0;
  const said = isGone ? silent(ageS, nowMs) : SAID[tile.state](tile);
  const hasSteps = fresh !== "silent";
  return {
    number: "", side: "", of: "", big: "", small: "", reading: null,
    ...said,
    state: stateOf(tile, fresh, until > 0),
    lit: litCode(tile, fresh),
    beside: beside(tile, ageS, fresh === "live", until),
    isSnoozed: until > 0,
    notes: notesOf(tile, fresh, said.note || ""),
    own: isOver ? null : ownBand(tile),
    kind: isGone ? "silent" : tile.state,
    fresh,
    freshWord: isOver ? "ended" : fresh === "late" ? `${Math.floor(ageS)} s` : FRESH_WORD[fresh],
    elapsed: elapsed(tile.elapsed_s),
    cadence: hasSteps && tile.cadence_spm !== null ? tile.cadence_spm.toFixed(0) : "–",
  };
}

export const nameOf = (tile) => tile.name || tile.runner;

const figureSentence = (view) =>
  view.side ? `${view.side} contact ${view.number} percent longer` : `${view.small}, about ${view.number} percent`;

/** The same in one sentence, for ears. */
export function sentence(tile, view) {
  const parts = [tile.simulated ? `${nameOf(tile)}, simulated` : nameOf(tile)];
  parts.push(view.state.word, view.beside);
  if (view.number) parts.push(figureSentence(view));
  else parts.push(`${view.big}${view.of}`, view.small);
  if (view.reading) parts.push(view.likely.replace("–", " to ").replace("%", "percent"));
  parts.push(...view.notes.glyphs.map(({ spoken }) => spoken));
  if (view.fresh === "late") parts.push(`data ${view.freshWord} old`);
  if (view.fresh === "live") parts.push(tile.light.text);
  return parts.filter(Boolean).join(", ");
}

/** What is worth interrupting somebody for: a change of state, not of a number. */
export function announcement(tile, view) {
  const words = { live: "live reading", silent: "no data" };
  return `${nameOf(tile)}: ${words[view.kind] || view.state.word}`;
}

/** The light went on or out: said once, whatever else the tile does. */
export function lightNews(tile, view) {
  const said = view.lit ? [`check ${view.lit}`, tile.light.text].filter(Boolean).join(": ") : "the light is out";
  return `${nameOf(tile)}: ${said.replace(/\.$/, "")}`;
}
