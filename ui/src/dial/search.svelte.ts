import type { CallRow } from "../bindings/CallRow";
import type { Language } from "../bindings/Language";
import type { DialHost, FoundContact, NumberRead } from "../host/host";
import { answers, beginnings, phoneRows, type Row, type Section } from "./rows";

/** How many calls of late are listed while nothing is typed. */
export const RECENT = 6;
/** Contacts listed at most: more than anybody reads, few enough to lay out between two keys. */
export const MOST = 30;

/** What is typed, what it leads to, and where the agent stands in the list. */
export class Search {
  text = $state("");
  language = $state<Language>("es");
  selected = $state(0);
  /** The contact whose telephones are listed in place of all else. */
  opened = $state.raw<Row | null>(null);
  /** Whether what is listed belongs to what is typed. */
  settled = $state(true);

  #read = $state.raw<NumberRead | null>(null);
  #found = $state.raw<FoundContact[]>([]);
  #recent = $state.raw<CallRow[]>([]);
  #asked = 0;
  /** The text that what is listed belongs to. */
  #listed = $state("");

  readonly sections: Section[] = $derived.by(() => {
    if (this.opened) {
      return [{ heading: this.opened.title, rows: phoneRows(this.language, this.opened) }];
    }
    return this.#listed === ""
      ? beginnings(this.language, this.#recent, this.#found)
      : answers(this.language, this.#read, this.#found);
  });
  readonly rows: Row[] = $derived(this.sections.flatMap((section) => section.rows));
  readonly chosen: Row | null = $derived(this.rows[Math.min(this.selected, this.rows.length - 1)] ?? null);
  /** Whether there is nothing to list, and that is certain. */
  readonly nothing: boolean = $derived(this.settled && this.rows.length === 0);

  readonly #host: DialHost;

  constructor(host: DialHost) {
    this.#host = host;
  }

  /**
   * Takes another text and asks for what it leads to. What was listed stays until the answer is there, so that nothing
   * flickers; an answer that comes after a later question was asked is dropped.
   */
  async type(text: string): Promise<void> {
    this.text = text;
    this.opened = null;
    this.settled = false;
    const asked = ++this.#asked;
    const wanted = text.trim();
    const [read, found, recent] = await Promise.all([
      // Without a digit it is no number, and there is nothing to ask.
      /\p{Nd}/u.test(wanted) ? this.#host.readNumber(wanted).catch(() => null) : null,
      this.#host.search(wanted).catch(() => []),
      wanted === "" ? this.#host.recent(RECENT).catch(() => []) : [],
    ]);
    if (asked !== this.#asked) {
      return;
    }
    this.#read = read;
    this.#found = found.slice(0, MOST);
    this.#recent = recent;
    this.#listed = wanted;
    this.selected = 0;
    this.settled = true;
  }

  /** Up and down, and round. */
  move(by: number): void {
    const count = this.rows.length;
    if (count > 0) {
      this.selected = (Math.min(this.selected, count - 1) + by + count) % count;
    }
  }

  /** So many further, not beyond either end. */
  step(by: number): void {
    this.selected = Math.max(0, Math.min(this.selected + by, this.rows.length - 1));
  }

  /** Lists the telephones of the row the agent stands on. Answers whether there are several to list. */
  open(): boolean {
    const row = this.opened ? null : this.chosen;
    if (!row || row.phones.length === 0) {
      return false;
    }
    this.opened = row;
    this.selected = 0;
    return true;
  }

  /** Back from a contact's telephones to the contact. */
  back(): void {
    const from = this.opened?.id;
    this.opened = null;
    this.selected = Math.max(0, this.rows.findIndex((row) => row.id === from));
  }
}
