// The screen itself: sunlight colours, full screen, and staying awake.

const $ = (id) => document.getElementById(id);

function setSun(yes) {
  document.documentElement.classList.toggle("sun", yes);
  $("sun").setAttribute("aria-pressed", String(yes));
}

export const toggleSun = () => setSun(!document.documentElement.classList.contains("sun"));

export async function toggleFull() {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
  } catch {
    return; // some phones refuse; the wall stays as it is
  }
}

async function stayAwake() {
  if (document.hidden || !navigator.wakeLock) return;
  try {
    await navigator.wakeLock.request("screen");
  } catch {
    return; // a low battery may refuse it; nothing else depends on it
  }
}

export function setUpScreen() {
  setSun(new URLSearchParams(location.search).has("sun"));
  $("sun").addEventListener("click", toggleSun);
  $("full").hidden = !document.fullscreenEnabled;
  $("full").addEventListener("click", toggleFull);
  document.addEventListener("fullscreenchange", () => {
    $("full").setAttribute("aria-pressed", String(Boolean(document.fullscreenElement)));
  });
  document.addEventListener("visibilitychange", stayAwake);
  stayAwake();
}
