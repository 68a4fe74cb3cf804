// Hands over the token that stands behind the #, which no server ever gets by itself.

const say = (what, next) => {
  document.querySelector("#what").textContent = what;
  document.querySelector("#next").textContent = next;
};

async function enter() {
  const token = location.hash.slice(1);
  if (!token) return;
  // Out of the address bar and the history, whatever becomes of it.
  history.replaceState(null, "", location.pathname);
  say("One moment", "The code is being looked at.");
  try {
    const answer = await fetch("/enter", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    const told = await answer.json();
    if (answer.ok) location.replace(told.go);
    else say(told.what, told.next_step);
  } catch {
    say(
      "treadwear does not answer",
      "Is this phone in the same network as the computer? Then scan the code again.",
    );
  }
}

addEventListener("hashchange", enter);
enter();
