// The command palette: everything the window can do, found by typing.

import type { Contact } from "../bindings/Contact";
import type { Language } from "../bindings/Language";
import type { Page } from "../host/host";
import { plain } from "../kit/plain";
import { Latest } from "./latest";
import { begins } from "./listing.svelte";
import { SECTIONS, type Section } from "./settings/sections";
import type { Shell } from "./shell.svelte";

/** What the palette can have done. */
export interface Deeds {
  goTo(page: Page): void;
  openSection(section: Section): void;
  openContact(id: string): void;
  retryAll(): void;
}

/** One line of the palette. */
export interface Entry {
  id: string;
  /** What it does; a stranger's text in it is plain already. */
  label: string;
  /** What stands beside, quieter: a company, the keys. */
  beside: string;
  group: "dial" | "contacts" | "pages" | "commands" | "settings";
  run: () => unknown;
}

export const PAGES: readonly Page[] = ["today", "pending", "outbox", "settings"];
export const LANGUAGES: readonly { code: Language; name: string }[] = [
  { code: "es", name: "Español" },
  { code: "en", name: "English" },
  { code: "pt", name: "Português" },
];

/** A number somebody would dial: three digits and more, and nothing but what stands in numbers. */
const DIALLABLE = /^\+?[\d\s()./-]*(\d[\s()./-]*){3}$/;

/** The palette: closed, or open with what was typed. */
export class Palette {
  open = $state(false);
  typed = $state("");
  place = $state(0);
  #contacts = $state.raw<{ typed: string; found: Contact[] }>({ typed: "", found: [] });
  readonly #shell: Shell;
  readonly #deeds: Deeds;
  readonly #latest: Latest<string, Contact[]>;

  readonly entries: Entry[] = $derived.by(() => this.#entries());
  readonly current: Entry | null = $derived(this.entries[Math.min(this.place, this.entries.length - 1)] ?? null);

  constructor(shell: Shell, deeds: Deeds) {
    this.#shell = shell;
    this.#deeds = deeds;
    this.#latest = new Latest(
      (typed) => shell.host.search(typed),
      (typed, found) => (this.#contacts = { typed, found }),
      (_, thrown) => shell.refuse(thrown),
    );
  }

  /** Opens the palette with nothing typed. */
  show(): void {
    this.open = true;
    this.type("");
  }

  close(): void {
    this.open = false;
  }

  /** Lists what fits the text that the agent typed. */
  type(typed: string): void {
    this.typed = typed;
    this.place = 0;
    if (typed.trim() === "") {
      this.#contacts = { typed: "", found: [] };
    } else {
      void this.#latest.ask(typed.trim());
    }
  }

  /** Moves the selection, around the ends. */
  move(by: number): void {
    const { length } = this.entries;
    this.place = length === 0 ? 0 : (this.place + by + length) % length;
  }

  /** Does what is selected and closes. */
  run(entry: Entry | null = this.current): void {
    if (entry) {
      this.close();
      entry.run();
    }
  }

  #entries(): Entry[] {
    const shell = this.#shell;
    const typed = this.typed.trim();
    if (typed === "") {
      return this.#fixed();
    }
    // Looking at something is harmless, doing it is not: what only opens stands above what acts at once.
    const meant = this.#fixed().filter((entry) => begins(typed, `${entry.label} ${entry.beside}`));
    const fixed = [...meant.filter(({ group }) => group !== "commands"), ...meant.filter(({ group }) => group === "commands")];
    const contacts = this.#contacts.found.slice(0, 8).map((contact): Entry => {
      const name = plain(contact.name);
      const company = plain(contact.company);
      return {
        id: `contact-${contact.id}`,
        label: name || company,
        beside: name ? company : "",
        group: "contacts",
        run: () => this.#deeds.openContact(contact.id),
      };
    });
    const dial: Entry[] = shell.dials && DIALLABLE.test(typed)
      ? [{ id: "dial", label: shell.say("palette.dial", { number: typed }), beside: "", group: "dial", run: () => shell.ask(shell.host.openDial(typed, null)) }]
      : [];
    return [...dial, ...contacts, ...fixed];
  }

  /** What is there whatever was typed. */
  #fixed(): Entry[] {
    const shell = this.#shell;
    const chosen = (id: string, label: string, group: Entry["group"], run: () => unknown, beside = ""): Entry => ({ id, label, beside, group, run });
    const quiet = (minutes: number | null) => shell.ask(shell.quiet(minutes));
    const dnd = shell.status?.do_not_disturb
      ? [chosen("quiet-off", shell.say("settings.quiet.off"), "commands", () => quiet(0), shell.say("settings.section.quiet"))]
      : [
          chosen("quiet-30", shell.say("palette.quiet.30"), "commands", () => quiet(30)),
          chosen("quiet-60", shell.say("palette.quiet.60"), "commands", () => quiet(60)),
          chosen("quiet", shell.say("palette.quiet.always"), "commands", () => quiet(null)),
        ];
    return [
      ...PAGES.map((page, place) => chosen(`page-${page}`, shell.say(`main.page.${page}`), "pages", () => this.#deeds.goTo(page), `${keyName(shell, "Alt")} ${place + 1}`)),
      ...(shell.dials ? [chosen("open-dial", shell.say("palette.open_dial"), "commands", () => shell.ask(shell.host.openDial("", null)))] : []),
      ...dnd,
      chosen("retry", shell.say("palette.retry_all"), "commands", () => this.#deeds.retryAll()),
      ...LANGUAGES.filter(({ code }) => code !== shell.language).map(({ code, name }) =>
        chosen(`language-${code}`, name, "commands", () => shell.ask(shell.prefer({ language: code })), shell.say("settings.section.language")),
      ),
      ...SECTIONS.map((section) =>
        chosen(`section-${section}`, shell.say(`settings.section.${section}`), "settings", () => this.#deeds.openSection(section), shell.say("main.page.settings")),
      ),
    ];
  }
}

/** What a modifier is called on this system's keyboards. */
export function keyName(shell: Shell, key: "Ctrl" | "Alt"): string {
  const mac = shell.bootstrap.platform === "macos";
  return key === "Ctrl" ? (mac ? "⌘" : "Ctrl") : mac ? "⌥" : "Alt";
}
