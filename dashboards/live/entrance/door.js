// Asks for a new code and shows it; it is hidden when it has ended.

const part = (id) => document.getElementById(id);

const WORDS = {
  owner: (minutes) => [
    "For one phone of yours",
    `It works once, for ${minutes} minutes.`,
  ],
  coach: (minutes) => [
    "For a coach",
    `It shows the wall and nothing else, for ${minutes / 60} hours, to everybody who has it.`,
  ],
};
let ending;

function show(role, code) {
  const [whose, until] = WORDS[role](code.minutes);
  part("whose").textContent = whose;
  part("until").textContent = until;
  part("link").textContent = code.link;
  part("picture").setAttribute("viewBox", `0 0 ${code.size} ${code.size}`);
  part("picture").querySelector("path").setAttribute("d", code.path);
  part("code").hidden = false;
  clearTimeout(ending);
  ending = setTimeout(() => {
    part("code").hidden = true;
    part("fault").textContent = "That code has ended. Make a new one.";
  }, code.minutes * 60_000);
}

async function make(role) {
  part("fault").textContent = "";
  try {
    const answer = await fetch("/door", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ role }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    show(role, await answer.json());
  } catch (fault) {
    part("code").hidden = true;
    part("fault").textContent = `No code: ${fault.message || "treadwear does not answer."}`;
  }
}

for (const role of Object.keys(WORDS)) {
  part(role).addEventListener("click", () => make(role));
}
