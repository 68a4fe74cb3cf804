// What happened while this page could not hear: from the server's memory, and from
// what the tiles were before and are now.

import { duration, nameOf, shortTime } from "./words.js";

const MOST = 4;

const codeOf = ({ light }) => (light.state === "check" ? light.code : "");

/** What to remember of the wall when the line goes. */
export function remember(entries) {
  return new Map(entries.map(({ tile, view }) => [tile.runner, { name: nameOf(tile), kind: view.kind, code: codeOf(tile) }]));
}

const EVENT = {
  alert_raised: ({ name, at }) => `${name} check at ${at}`,
  alert_cleared: ({ name, at }) => `${name} check over at ${at}`,
  mark: ({ name, at }) => `${name} marked at ${at}`,
};

function fromServer(told, nowMs) {
  return told
    .filter(({ moment }) => EVENT[moment.kind])
    .map(({ name, moment }) => EVENT[moment.kind]({ name, at: shortTime(nowMs - moment.ago_s * 1000) }));
}

const KIND = { silent: "no data", ended: "ended", one_foot: "one foot", in_doubt: "sides in doubt" };

function change(before, { tile, view }, isTold) {
  const name = nameOf(tile);
  if (!before) return `${name} is new`;
  if (codeOf(tile) && !before.code && !isTold) return `${name} check ${codeOf(tile)}`;
  return view.kind !== before.kind && KIND[view.kind] ? `${name} ${KIND[view.kind]}` : "";
}

/** One line; ``told`` comes from /since.json, ``before`` from `remember`. */
export function missedLine(goneS, before, entries, told, nowMs) {
  const raised = new Set(told.filter(({ moment }) => moment.kind === "alert_raised").map(({ runner }) => runner));
  const here = new Set(entries.map(({ tile }) => tile.runner));
  const gone = [...before].filter(([runner]) => !here.has(runner)).map(([, { name }]) => `${name} left the wall`);
  const changed = entries.map((one) => change(before.get(one.tile.runner), one, raised.has(one.tile.runner)));
  const all = [...fromServer(told, nowMs), ...changed.filter(Boolean), ...gone];
  const rest = all.length > MOST ? [`and ${all.length - MOST} more`] : [];
  const words = [...all.slice(0, MOST), ...rest].join(", ") || "nothing changed";
  return `away ${duration(goneS)}: ${words}`;
}

export async function askSince(seconds) {
  try {
    const answer = await fetch(`/since.json?seconds=${Math.min(600, Math.ceil(seconds))}`);
    return answer.ok ? (await answer.json()).told : [];
  } catch {
    return []; // the line is gone again; the tiles still tell the most
  }
}
