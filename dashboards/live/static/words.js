// What a tile says. Pure: a tile, the age of its data and the time in, words out.
// Left is drawn left of zero, right is right of it; "+" in the data means right longer.

import { lamp, lampSentence, ownBand } from "./lamp.js";

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
    icon: "wait", word: "getting ready", big: "getting ready", likely: "no reading yet",
    small: "finding out how the sensors sit",
  }),
  warming: (tile) => ({
    icon: "wait", word: "warming up", likely: "no reading yet", small: "strides until the first reading",
    big: `${Math.min(tile.n_pairs, tile.pairs_needed)}`, of: ` / ${tile.pairs_needed}`,
  }),
  walking: () => ({
    icon: "walk", word: "walking", big: "walking", likely: "no reading",
    small: "left and right are compared while running",
  }),
  one_foot: (tile) => (tile.note.startsWith("hip only") ? hipOnly(tile) : {
    icon: "warn", word: "one foot", big: "one foot only", likely: "no comparison", tone: "attention",
    small: tile.note || "one of the two shoe sensors is missing",
  }),
  live: (tile) => live(reading(tile)),
  ended: (tile) => ended(tile, reading(tile)),
};

function hipOnly(tile) {
  return {
    icon: "none", word: "hip only", big: "hip only", likely: "no comparison",
    small: tile.note.replace(/^hip only:? ?/, "") || "no left against right",
  };
}

function live(found) {
  if (!found) {
    return { icon: "wait", word: "running", big: "no reading", small: "not enough good strides just now", likely: "no reading" };
  }
  const bar = { reading: found, likely: likely(found) };
  if (!found.isClear) {
    const small = `${letter(found.asi)} ${percent(found.asi)} %`;
    return { ...bar, icon: "even", word: "running", big: "no clear difference", small };
  }
  const word = `${found.side} longer`;
  return { ...bar, icon: found.side, word, number: percent(found.asi), side: found.side };
}

function ended(tile, found) {
  const [time, unit] = elapsed(tile.elapsed_s);
  const last = found && (found.isClear ? `${letter(found.asi)} +${percent(found.asi)} %, ` : "no clear difference, ");
  return {
    icon: "done", word: "ended", big: "run ended", small: `after ${time} ${unit}`, likely: "no live reading",
    note: found ? `last reading ${last}${likely(found)}` : "",
  };
}

function silent(ageS, nowMs) {
  return {
    icon: "none", word: "no data", big: `silent ${duration(ageS)}`, likely: "no live reading",
    small: `last heard ${clockTime(nowMs - ageS * 1000)}`,
  };
}

const FRESH_WORD = { live: "live", silent: "stale" };

/** Everything that a tile shows at this moment. */
export function say(tile, ageS, nowMs) {
  const isOver = tile.state === "ended";
  const fresh = isOver ? "silent" : freshness(ageS);
  const isGone = fresh === "silent" && !isOver;
  const said = isGone ? silent(ageS, nowMs) : SAID[tile.state](tile);
  const isLate = fresh === "late";
  const hasSteps = fresh !== "silent";
  const light = lamp(tile, fresh);
  const isRead = tile.state === "live" && hasSteps;
  const isWordy = isRead && ["check", "drifting"].includes(tile.light.state);
  const note = hasSteps && tile.state !== "one_foot" ? tile.note : "";
  return {
    number: "", side: "", of: "", tone: "", reading: null,
    note: isWordy ? light.text : note || (isRead ? light.text : ""),
    ...said,
    lamp: light,
    isWordy,
    own: isRead ? ownBand(tile) : null,
    ...(isLate ? { icon: "late", word: "late" } : {}),
    kind: isGone ? "silent" : tile.state,
    fresh,
    freshWord: isOver ? "ended" : isLate ? `${Math.floor(ageS)} s` : FRESH_WORD[fresh],
    elapsed: elapsed(tile.elapsed_s),
    cadence: hasSteps && tile.cadence_spm !== null ? tile.cadence_spm.toFixed(0) : "–",
    contactLeft: hasSteps ? milliseconds(tile.contact_left_ms) : "",
    contactRight: hasSteps ? milliseconds(tile.contact_right_ms) : "",
  };
}

const milliseconds = (value) => (value === null ? "" : `${value.toFixed(0)} ms`);

/** The same in one sentence, for ears. */
export function sentence(tile, view) {
  const parts = [tile.simulated ? `${tile.name}, simulated` : tile.name];
  if (view.number) parts.push(`${view.side} contact ${view.number} percent longer`);
  else parts.push(`${view.big}${view.of}`);
  if (view.small) parts.push(view.small);
  if (view.reading) parts.push(view.likely.replace("–", " to ").replace("%", "percent"));
  if (view.fresh === "late") parts.push(`data ${view.freshWord} old`);
  if (view.lamp.word) parts.push(lampSentence(view.lamp));
  return parts.join(", ");
}

/** What is worth interrupting somebody for: a change of state, not of a number. */
export function announcement(tile, view) {
  return `${tile.name}: ${view.kind === "live" ? "live reading" : view.kind === "silent" ? "no data" : view.word}`;
}

/** The light went on or out: said once, whatever else the tile does. */
export function lampNews(tile, view) {
  const said = view.lamp.lit ? lampSentence(view.lamp) : "the light is out";
  return `${tile.name}: ${said.replace(/\.$/, "")}`;
}
