// The check-engine light in words. Pure: a light and how fresh its tile is in, words out.

const ICON = { steady: "steady", drifting: "drifting", check: "check", none: "unlit" };
const DARK = { icon: "", word: "", code: "", text: "", tone: "", lit: "" };

/** What stands before the colon of a reason is short enough for the lamp's own line. */
function whyNone(text) {
  const [short, rest] = text.split(": ");
  return rest ? short : "no usual yet";
}

/** Icon, word, code, sentence and tone of the lamp; all empty when it says nothing.

    `lit` is the code of a light that is on and live: what is worth an announcement. */
export function lamp(tile, fresh) {
  const { state, code, text } = tile.light;
  const isOn = state === "check";
  if (!isOn && (!text || tile.state !== "live" || fresh === "silent")) return DARK;
  const isPast = fresh === "silent" || tile.state === "ended";
  const isLive = fresh === "live" && !isPast;
  const word = state === "none" ? whyNone(text) : state;
  return {
    icon: ICON[state],
    word: isPast ? `was ${word}` : word,
    code: isOn ? code : "",
    text: isPast ? "" : text,
    tone: isLive ? state : "dim",
    lit: isOn && isLive ? code : "",
  };
}

/** Her own band on the bar, and her usual in it; null where they are not known. */
export function ownBand(tile) {
  const { usual_pct: usual, band_low_pct: low, band_high_pct: high } = tile.light;
  return usual === null || low === null || high === null ? null : { usual, low, high };
}

/** The lamp in one sentence, for ears. */
export function lampSentence({ word, code, text }) {
  return [[word, code].filter(Boolean).join(" "), text].filter(Boolean).join(": ");
}
