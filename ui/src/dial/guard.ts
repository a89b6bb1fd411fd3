// A window that comes up by itself may come up under a key that was meant for another one. What dials needs a press that
// was begun while the window was there to be seen.

/** How long a number asked for by a link stands there before a press counts, milliseconds. */
export const LINK_MS = 400;
/** The same where the agent asked for the window by a key or a click of their own. */
export const OWN_MS = 200;

/** Whether a press may dial. */
export class Guard {
  #since = Number.POSITIVE_INFINITY;
  #wait = OWN_MS;

  /** The question is on the glass, or the window has just got the keyboard: from now on time counts. */
  shown(now: number, wait: number): void {
    this.#since = now;
    this.#wait = wait;
  }

  /** The window got the keyboard: whatever was seen before, count anew. */
  again(now: number): void {
    if (Number.isFinite(this.#since)) {
      this.#since = now;
    }
  }

  /** The question is gone. */
  clear(): void {
    this.#since = Number.POSITIVE_INFINITY;
  }

  /** Whether a press at this moment was meant. A key held down since before repeats, and does not count. */
  lets(now: number, repeated: boolean): boolean {
    return !repeated && now - this.#since >= this.#wait;
  }
}
