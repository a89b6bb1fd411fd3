import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import type { Language } from "../bindings/Language";
import type { Refusal } from "../bindings/Refusal";
import type { Keep, Keyring, KnownConnector, Offers, SetupHost } from "../host/setup";
import { type TextKey, text } from "../texts";
import { AccountEditor } from "./forms/account.svelte";
import { ConnectorEditor } from "./forms/connector.svelte";
import { missing, type Wrong, wrongOf } from "./forms/wrong";

/** The pages, in their order. Endpoints and the keyring have one only where there is something to say. */
export const PAGES = ["language", "account", "endpoints", "keyring", "crm", "ready"] as const;
export type SetupPage = (typeof PAGES)[number];

/** The first run: from a language to a Timbre that works. What was typed stays, wherever one goes. */
export class Setup {
  bootstrap = $state.raw<WindowBootstrap | null>(null);
  page = $state<SetupPage>("language");
  offers = $state.raw<Offers>({ vendors: [], connectors: [] });
  keyring = $state.raw<Keyring | null>(null);
  /** Where secrets are kept. */
  keep = $state<Keep>("keyring");
  /** What the agent chose on the keyring's page; to try again is not a place to keep a secret in. */
  choice = $state<"retry" | "session" | "environment">("retry");
  autostart = $state(true);
  /** What is wrong with the page as a whole. */
  wrong = $state.raw<Wrong | null>(null);
  busy = $state(false);
  /** Whether the CRM was saved, and as what. */
  saved = $state.raw<KnownConnector | null>(null);

  readonly account: AccountEditor;
  readonly connector: ConnectorEditor;
  readonly #host: SetupHost;

  readonly language: Language = $derived(this.bootstrap?.language ?? "es");
  /** The pages that the dots count: the keyring's belongs to the one before. */
  readonly #counted: SetupPage[] = $derived.by(() =>
    PAGES.filter((page) => page !== "keyring" && (page !== "endpoints" || this.account.choosesEndpoints)),
  );
  readonly step: number = $derived(
    this.page === "keyring" ? this.#counted.indexOf("crm") - 1 : this.#counted.indexOf(this.page),
  );
  readonly steps: number = $derived(this.#counted.length);
  readonly vendor: string = $derived.by(() => this.account.vendor?.title ?? "");
  readonly waiting: boolean = $derived.by(() => this.busy || this.account.busy || this.connector.busy);

  constructor(host: SetupHost) {
    this.#host = host;
    this.account = new AccountEditor(host, () => this.offers.vendors);
    this.connector = new ConnectorEditor(host);
  }

  /** A text in the agent's language. */
  say(key: TextKey, values?: Record<string, string | number>): string {
    return text(this.language, key, values);
  }

  /** What is typed and not saved yet, for whoever ends the program. */
  get left(): string[] {
    const before = PAGES.indexOf(this.page) < PAGES.indexOf("crm") ? this.account.typed : [];
    const parts = [before, this.saved ? [] : this.connector.typed];
    return parts.filter((part) => part.length > 0).map((part) => this.say("left.account", { what: part.join(" · ") }));
  }

  /** What the host tells first: the language, and what can be set up. */
  begin(bootstrap: WindowBootstrap, offers: Offers): void {
    this.bootstrap = bootstrap;
    this.offers = offers;
    this.autostart = bootstrap.preferences.autostart;
    const [vendor] = offers.vendors;
    if (vendor) {
      this.account.begin(vendor.draft);
    }
  }

  greet(bootstrap: WindowBootstrap): void {
    this.bootstrap = bootstrap;
  }

  /** The page speaks it at once; the offers come again in its words. */
  async speak(language: Language): Promise<void> {
    if (this.bootstrap) {
      this.bootstrap = { ...this.bootstrap, language };
    }
    await this.#try(async () => {
      const bootstrap = await this.#host.setLanguage(language);
      const offers = await this.#host.offers();
      if (bootstrap.language === this.language) {
        this.bootstrap = bootstrap;
        this.offers = offers;
      }
    });
  }

  /** Goes on, where what stands on the page is right. */
  async next(): Promise<void> {
    if (this.waiting) {
      return;
    }
    this.wrong = null;
    switch (this.page) {
      case "language":
        this.page = "account";
        break;
      case "account":
        await this.#afterAccount();
        break;
      case "endpoints":
        await this.#afterEndpoints();
        break;
      case "keyring":
        await this.#afterKeyring();
        break;
      case "crm":
        await this.#afterConnector();
        break;
      case "ready":
        await this.#try(() => this.#host.finish(this.autostart));
        break;
    }
  }

  async #afterAccount(): Promise<void> {
    const known = this.account.fine;
    if (!(await this.account.verify())) {
      return;
    }
    if (this.account.choosesEndpoints) {
      this.page = "endpoints";
    } else if (known) {
      // That it works is shown first; the next time it is saved.
      await this.#secure();
    }
  }

  async #afterEndpoints(): Promise<void> {
    if (this.account.mine.length === 0) {
      this.wrong = missing("endpoints");
    } else {
      await this.#secure();
    }
  }

  /** Into the keyring where it works; else the agent is asked. */
  async #secure(): Promise<void> {
    await this.#try(async () => {
      this.keyring = await this.#host.keyring(this.account.draft.name);
      if (this.keyring.state !== "works") {
        this.page = "keyring";
        return;
      }
      try {
        await this.#saveAccount("keyring");
      } catch (refusal) {
        if ((refusal as Refusal).code !== "keyring_unavailable") {
          throw refusal;
        }
        // It lets itself be read and keeps nothing: nobody has unlocked it, or made one yet.
        this.keyring = { ...this.keyring, state: "locked" };
        this.page = "keyring";
      }
    });
  }

  async #afterKeyring(): Promise<void> {
    const { choice } = this;
    if (choice === "retry") {
      await this.#secure();
    } else {
      await this.#try(() => this.#saveAccount(choice));
    }
  }

  async #saveAccount(keep: Keep): Promise<void> {
    await this.#host.saveAccount(this.account.result(), this.account.password, keep);
    this.keep = keep;
    this.page = "crm";
  }

  async #afterConnector(): Promise<void> {
    const { connector } = this;
    if (!connector.kind) {
      this.page = "ready";
    } else if (!connector.fine) {
      // What was found is shown first; the next time it is saved.
      await connector.verify();
    } else {
      await this.#try(async () => {
        await this.#host.saveConnector(connector.result(), connector.key, this.keep);
        this.saved = connector.kind;
        this.page = "ready";
      });
    }
  }

  /** No CRM for now. What was typed stays, should the agent come back. */
  skip(): void {
    this.connector.abandon();
    this.wrong = null;
    this.page = "ready";
  }

  /** One page back. What was asked meanwhile is not waited for. */
  back(): void {
    this.account.abandon();
    this.connector.abandon();
    this.wrong = null;
    // The keyring is asked about once; and not every vendor has endpoints to choose among.
    const isThere = (page: SetupPage) =>
      page === "keyring" ? this.keep !== "keyring" : page === "endpoints" ? this.account.choosesEndpoints : true;
    this.page = PAGES.slice(0, PAGES.indexOf(this.page)).findLast(isThere) ?? this.page;
  }

  /** Another kind of CRM, from a file. */
  async pick(): Promise<void> {
    await this.#try(async () => {
      const picked = await this.#host.pickConnectorFile();
      if (picked) {
        const known = this.offers.connectors.filter(({ file }) => file !== picked.file);
        this.offers = { ...this.offers, connectors: [...known, picked] };
        this.connector.choose(picked);
      }
    });
  }

  async #try(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await work();
    } catch (refusal) {
      this.wrong = wrongOf(refusal as Refusal);
    } finally {
      this.busy = false;
    }
  }
}
