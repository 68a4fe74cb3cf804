// The keyboard, or a presenter's remote: each key a word, each word a deed.

const $ = (id) => document.getElementById(id);

const WORD = {
  m: "mark", f: "full", s: "sun", b: "bell", p: "turning", "?": "help",
  ArrowLeft: "before", ArrowRight: "after", PageUp: "before", PageDown: "after",
};
const WITH_DETAIL = new Set(["mark", "full", "sun", "bell"]);

/** Listen; ``deeds`` maps the words, and ``open`` takes the number of a tile. */
export function setUpKeys(deeds) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const hasDialog = Boolean(document.querySelector("dialog[open]"));
    const number = /^[1-9]$/.test(event.key) ? Number(event.key) : 0;
    const word = number ? "open" : WORD[event.key] || WORD[event.key.toLowerCase()];
    if (!word || (hasDialog && !WITH_DETAIL.has(word))) return;
    if (deeds[word](number)) event.preventDefault();
  });
  $("keys-close").addEventListener("click", () => $("keys").close());
}

export function showKeys() {
  if (!$("keys").open) $("keys").showModal();
  return true;
}
