import type { Contact } from "../bindings/Contact";
import { type Row, row } from "./view";

/** How long after the last key the contacts are searched, milliseconds: shorter than the next key of a fast typist. */
const AFTER = 80;

/** Contacts as the agent types; an answer that comes late is dropped. */
export class ContactSearch {
  text = $state("");
  rows = $state.raw<Row[]>([]);
  /** The text the rows are for; null before the first answer. */
  answered = $state<string | null>(null);
  active = $state(0);
  readonly #search: (text: string) => Promise<Contact[]>;
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(search: (text: string) => Promise<Contact[]>) {
    this.#search = search;
  }

  /** Searches for what the field holds now, after a short pause in typing. */
  typed(): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
    if (this.text.trim() === "") {
      this.rows = [];
      this.answered = null;
      return;
    }
    this.#timer = setTimeout(() => void this.#ask(), AFTER);
  }

  async #ask(): Promise<void> {
    const asked = this.#asked;
    const { text } = this;
    // What can't be searched finds nobody; the next key asks again.
    const found = await this.#search(text).catch(() => []);
    if (asked === this.#asked) {
      this.rows = found.map(row);
      this.answered = text;
      this.active = 0;
    }
  }

  move(by: number): void {
    this.active = Math.max(0, Math.min(this.rows.length - 1, this.active + by));
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.text = "";
    this.rows = [];
    this.answered = null;
    this.active = 0;
  }
}
