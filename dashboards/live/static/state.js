// The one state of a tile: icon, word, how loud. Pure: a tile, how fresh it is and
// whether it is snoozed in, words out.

const QUIET = { tone: "", needs: false };
const LOUD = { tone: "attention", needs: true };

const BY_LIGHT = {
  check: { key: "check", icon: "check", word: "check", tone: "check", needs: true },
  drifting: { key: "drifting", icon: "drifting", word: "drifting", tone: "attention", needs: false },
  steady: { key: "steady", icon: "steady", word: "steady", ...QUIET },
  none: { key: "running", icon: "unlit", word: "running", ...QUIET },
};

const BY_TILE = {
  calibrating: { key: "calibrating", icon: "wait", word: "getting ready", ...QUIET },
  warming: { key: "warming", icon: "wait", word: "warming up", ...QUIET },
  walking: { key: "walking", icon: "walk", word: "walking", ...QUIET },
  one_foot: { key: "one-foot", icon: "warn", word: "one foot", ...LOUD },
  in_doubt: { key: "in-doubt", icon: "warn", word: "sides in doubt", ...LOUD },
};

const ENDED = { key: "ended", icon: "done", word: "ended", ...QUIET };
const LATE = { key: "late", icon: "late", word: "late", ...QUIET };
// No colour of its own: hatch and dashes say that there is nothing, not that it is urgent.
const SILENT = { key: "silent", icon: "none", word: "no data", tone: "", needs: true };
const HIP = { key: "hip", icon: "none", word: "hip only", ...QUIET };

export const isHipOnly = (tile) => tile.note.startsWith("hip only");

function loudState(tile, fresh) {
  if (tile.state === "ended") return ENDED;
  if (fresh === "silent") return SILENT;
  if (fresh === "late") return LATE;
  // A light that is on stays on while she walks or a sensor is missing.
  if (tile.light.state === "check") return BY_LIGHT.check;
  if (tile.state === "live") return BY_LIGHT[tile.light.state];
  return tile.state === "one_foot" && isHipOnly(tile) ? HIP : BY_TILE[tile.state];
}

/** Key, icon, word, tone ("", attention, check) and whether somebody should look.

    Who is snoozed keeps the word and loses the noise. */
export function stateOf(tile, fresh, isSnoozed) {
  const found = loudState(tile, fresh);
  return isSnoozed ? { ...found, ...QUIET } : found;
}

/** Code of a light that is on and live, else "": what is worth a chime. */
export function litCode(tile, fresh) {
  const isOn = tile.light.state === "check" && fresh === "live" && tile.state !== "ended";
  return isOn ? tile.light.code : "";
}

/** Her own band on the bar, and her usual in it; null where they are not known. */
export function ownBand(tile) {
  const { usual_pct: usual, band_low_pct: low, band_high_pct: high } = tile.light;
  return usual === null || low === null || high === null ? null : { usual, low, high };
}
