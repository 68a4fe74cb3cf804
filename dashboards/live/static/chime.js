// A short chime when a check comes on: off until somebody taps the bell, which browsers
// need before they play anything, and at most once per runner in ten minutes.

const APART_MS = 600000;
const TONES = [[659.3, 0], [880, 0.18]]; // e", a": two soft notes upwards
const LASTS_S = 0.5;

let context = null;
const lastMs = new Map();

export const isBellOn = () => context !== null;

export function setBell(yes) {
  if (yes && !context) {
    context = new AudioContext();
    play();
  } else if (!yes && context) {
    context.close();
    context = null;
  }
}

function play() {
  context.resume();
  for (const [hz, afterS] of TONES) {
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    const start = context.currentTime + afterS;
    tone.frequency.value = hz;
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(0.25, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + LASTS_S);
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + LASTS_S);
  }
}

/** Chime for a runner whose check came on just now. */
export function chimeFor(runner, nowMs) {
  if (!context || nowMs - (lastMs.get(runner) ?? -Infinity) < APART_MS) return;
  lastMs.set(runner, nowMs);
  play();
}
