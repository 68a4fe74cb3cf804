// The line below the bar: what else is outside her own band, else why, else the times.
// Pure: a tile in, words out.

const WORDS = { rolls_in: "rolls in more", heel_first: "heel first" };
const SPOKEN = { rolls_in: "rolls in more than usual", heel_first: "lands more on the heel than usual" };
const MOST = 2;
const LETTER = { left: "L", right: "R" };

/** What every glyph is measured against. */
export const AGAINST = "more than is usual for her against the other foot, estimated from motion";

const degrees = (value) => `${Math.max(0, value).toFixed(1)}°`;

/** A shoe with the part that stands out, and its words. */
export function glyph({ kind, side, shift_deg: shift, half_deg: half }) {
  const by = `by ${degrees(shift)} (likely ${degrees(shift - half)} to ${degrees(shift + half)})`;
  return {
    kind, letter: LETTER[side], words: `${LETTER[side]} ${WORDS[kind]}`,
    spoken: `${side} foot ${SPOKEN[kind]}`,
    by, title: `${by} ${AGAINST}`,
  };
}

const milliseconds = (value) => (value === null ? "" : `${value.toFixed(0)} ms`);

/** Glyphs, or a sentence of the light, or the times of both feet and a short note. */
export function notesOf(tile, fresh, said) {
  const hasSteps = fresh !== "silent";
  const isRead = tile.state === "live" && hasSteps;
  const glyphs = isRead ? tile.outside.slice(0, MOST).map(glyph) : [];
  const { state, text } = tile.light;
  const isWordy = isRead && !glyphs.length && ["check", "drifting"].includes(state) && Boolean(text);
  const why = isRead && state === "none" ? text : "";
  const hasRoom = !glyphs.length && !isWordy;
  const own = hasSteps && !["one_foot", "in_doubt"].includes(tile.state) ? tile.note : "";
  return {
    glyphs, isWordy,
    text: isWordy ? text : glyphs.length ? "" : said || own || why,
    left: hasSteps && hasRoom ? milliseconds(tile.contact_left_ms) : "",
    right: hasSteps && hasRoom ? milliseconds(tile.contact_right_ms) : "",
  };
}
