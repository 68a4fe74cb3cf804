// Marks and snoozes, on their way to the server.

export const SNOOZE_S = 600;

/** Send it; returns why it failed, or "". */
export async function tell(tile, kind, seconds = 0) {
  const body = JSON.stringify({ runner: tile.runner, session: tile.session, kind, seconds });
  try {
    const headers = { "content-type": "application/json" };
    const answer = await fetch("/desk", { method: "POST", headers, body });
    return answer.ok ? "" : (await answer.text()).trim() || `refused (${answer.status})`;
  } catch {
    return "no connection to treadwear";
  }
}
