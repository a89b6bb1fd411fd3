// A list that is worked with by keys: arrows select, typing filters. What is selected stays selected by its key when the
// rows are asked for again.

/** Letters without accents and case, so that `jimenez` finds Jiménez. */
export function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{M}+/gu, "").toLowerCase();
}

/** A text of digits, and what people write between them. */
const NUMBER = /^[\d\s()+./-]+$/;

/** Whether every word of the filter stands in the text; a number, however it is grouped, anywhere in its digits. */
export function fits(filter: string, text: string, digits: string): boolean {
  const wanted = filter.trim();
  if (wanted === "") {
    return true;
  }
  if (NUMBER.test(wanted)) {
    return digits.includes(wanted.replace(/\D+/g, "")) || text.includes(wanted);
  }
  const within = folded(text);
  return folded(wanted)
    .split(/\s+/)
    .every((word) => within.includes(word));
}

/** Whether every word of the filter begins a word of the text. */
export function begins(filter: string, text: string): boolean {
  const words = folded(text).split(/[^\p{L}\p{N}]+/u);
  const wanted = folded(filter).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return wanted.every((word) => words.some((one) => one.startsWith(word)));
}

/** Rows, a filter and one selected row. */
export class Listing<T> {
  rows = $state.raw<T[]>([]);
  filter = $state("");
  selected = $state<string | null>(null);

  /** Where the selected row stood; the next key goes on from there when it is gone. */
  #last = 0;
  readonly #key: (row: T) => string;
  readonly #fits: (row: T, filter: string) => boolean;

  readonly shown: T[] = $derived.by(() => this.rows.filter((row) => this.#fits(row, this.filter)));
  /** Where the selected row stands; -1 for nowhere. */
  readonly place: number = $derived.by(() => this.shown.findIndex((row) => this.#key(row) === this.selected));
  readonly current: T | null = $derived(this.shown[this.place] ?? null);

  constructor(key: (row: T) => string, fitting: (row: T, filter: string) => boolean) {
    this.#key = key;
    this.#fits = fitting;
  }

  /** Takes newer rows; the selection stays on its row. */
  fill(rows: T[]): void {
    this.#last = Math.max(0, this.place);
    this.rows = rows;
  }

  /** Selects so many rows further on; the first or the last where there are not so many. */
  move(by: number): void {
    const last = this.shown.length - 1;
    const from = this.place >= 0 ? this.place : by > 0 ? this.#last - 1 : this.#last;
    this.#select(Math.min(last, Math.max(0, from + by)));
  }

  /** What a key does to the list; false for a key that is not for lists. */
  press(key: string, page: number): boolean {
    switch (key) {
      case "ArrowDown":
        this.move(1);
        return true;
      case "ArrowUp":
        this.move(-1);
        return true;
      case "PageDown":
        this.move(page);
        return true;
      case "PageUp":
        this.move(-page);
        return true;
      case "Home":
        this.#select(0);
        return true;
      case "End":
        this.#select(this.shown.length - 1);
        return true;
      default:
        return false;
    }
  }

  #select(place: number): void {
    const row = this.shown[place];
    this.selected = row === undefined ? null : this.#key(row);
  }
}
