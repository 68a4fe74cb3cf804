// The line to the server: listens, notices when it is deaf, and tries again by itself.

const DEAF_AFTER_MS = 12000; // the server speaks at least every 5 s
const RETRY_MS = 2000;

async function isShutOut() {
  try {
    return (await fetch("/tiles.json", { cache: "no-store" })).status === 403;
  } catch {
    return false; // nobody answers at all: that may pass
  }
}

export class Link {
  isConnected = false;
  heardOnce = false;
  isOver = false; // we are no longer let in: trying again is of no use
  #received = { wall: 0, steady: 0 };
  #source = null;
  #lastTryMs = 0;
  #take;
  #change;

  /** ``take`` gets each wall, ``change`` hears that the line went or came. */
  constructor(take, change) {
    this.#take = take;
    this.#change = change;
  }

  // Two clocks: one jumps when the time is corrected, the other stops while a laptop
  // sleeps. The larger one never makes old data look young.
  get silentMs() {
    return Math.max(0, Date.now() - this.#received.wall, performance.now() - this.#received.steady);
  }

  connect() {
    if (this.isOver) return;
    this.#source?.close();
    this.#lastTryMs = performance.now();
    const source = new EventSource("/events");
    this.#source = source;
    source.addEventListener("wall", (event) => this.#hear(JSON.parse(event.data)));
    source.onerror = () => {
      this.#set(false);
      if (source.readyState === EventSource.CLOSED) this.#askWhy(source);
    };
  }

  // An EventSource does not tell why it was refused; a plain question is told.
  async #askWhy(source) {
    if (await isShutOut()) this.#end();
    else if (source === this.#source) setTimeout(() => this.connect(), RETRY_MS);
  }

  #end() {
    this.isOver = true;
    this.#source.close();
    this.isConnected = false;
    this.#change(false, 0);
  }

  tick() {
    if (this.isOver || this.silentMs <= DEAF_AFTER_MS) return;
    this.#set(false);
    if (performance.now() - this.#lastTryMs > DEAF_AFTER_MS) this.connect();
  }

  #hear(wall) {
    const awayMs = this.heardOnce ? this.silentMs : 0;
    this.#received = { wall: Date.now(), steady: performance.now() };
    const wasLost = this.heardOnce && !this.isConnected;
    this.heardOnce = true;
    this.#take(wall);
    this.#set(true, wasLost ? awayMs : 0);
  }

  #set(yes, awayMs = 0) {
    if (this.isConnected === yes) return;
    this.isConnected = yes;
    this.#change(yes, awayMs);
  }
}
