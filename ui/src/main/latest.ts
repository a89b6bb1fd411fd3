/**
 * Asks for one thing at a time. While an answer is on its way, only the last of the questions that come is kept: holding an
 * arrow key down asks for what is passed as fast as it is answered, and always for where it stops.
 */
export class Latest<Q, A> {
  #asking = false;
  #next: { question: Q } | null = null;
  readonly #ask: (question: Q) => Promise<A>;
  readonly #take: (question: Q, answer: A) => void;
  readonly #fail: (question: Q, thrown: unknown) => void;

  constructor(ask: (question: Q) => Promise<A>, take: (question: Q, answer: A) => void, fail: (question: Q, thrown: unknown) => void) {
    this.#ask = ask;
    this.#take = take;
    this.#fail = fail;
  }

  /** Asks, now or when the question before is answered. An answer is dropped when a newer question waits. */
  async ask(question: Q): Promise<void> {
    this.#next = { question };
    if (this.#asking) {
      return;
    }
    this.#asking = true;
    while (this.#next) {
      const { question: now } = this.#next as { question: Q };
      this.#next = null;
      try {
        const answer = await this.#ask(now);
        if (!this.#next) {
          this.#take(now, answer);
        }
      } catch (thrown) {
        if (!this.#next) {
          this.#fail(now, thrown);
        }
      }
    }
    this.#asking = false;
  }
}
