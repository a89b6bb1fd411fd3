import type { Refusal } from "../../bindings/Refusal";
import type { ConnectorDraft, ConnectorHost, KnownConnector, TestStep } from "../../host/setup";
import { missing, type Wrong, wrongOf } from "./wrong";

/** A CRM while it is typed in, tried and saved: for the first run and for the settings alike. */
export class ConnectorEditor {
  /** Which kind; nothing for no CRM. */
  kind = $state.raw<KnownConnector | null>(null);
  draft = $state<ConnectorDraft>(empty());
  key = $state("");
  steps = $state.raw<TestStep[]>([]);
  wrong = $state.raw<Wrong | null>(null);
  busy = $state(false);
  /** Whether a key is stored already: then an empty one means that one. */
  stored = $state(false);
  /** What the steps were tried with. */
  #checked = $state("");
  #tried = 0;

  readonly #host: Pick<ConnectorHost, "checkConnector">;

  constructor(host: Pick<ConnectorHost, "checkConnector">) {
    this.#host = host;
  }

  /** Whether what stands here was tried, and all went well. */
  readonly fine: boolean = $derived(
    this.steps.length > 0 && this.steps.every((step) => step.problem === null) && this.#checked === this.#asked(),
  );
  readonly failed: boolean = $derived(this.steps.some((step) => step.problem !== null));

  /** What was typed; a secret stands there as dots. */
  get typed(): string[] {
    const words = [this.draft.base_url, ...Object.values(this.draft.settings), this.key ? "••••" : ""];
    return this.kind ? words.map((word) => word.trim()).filter(Boolean) : [];
  }

  #asked(): string {
    return JSON.stringify([this.draft, this.key]);
  }

  /** Another kind of CRM; what was typed for the one before stays, as far as it fits. */
  choose(kind: KnownConnector | null): void {
    // A name that was given here follows the kind; one that a person or the settings gave stays.
    const given = this.draft.name === "" || this.draft.name === nameOf(this.draft.file);
    this.kind = kind;
    this.steps = [];
    this.wrong = null;
    if (kind) {
      const settings = kind.settings.map(({ name }) => [name, this.draft.settings[name] ?? ""] as const);
      this.draft = {
        ...this.draft,
        name: given ? nameOf(kind.file) : this.draft.name,
        file: kind.file,
        settings: Object.fromEntries(settings),
      };
    }
  }

  /** Begins with a CRM there is. */
  begin(kind: KnownConnector, draft: ConnectorDraft, stored: boolean): void {
    this.choose(kind);
    this.draft = { ...draft, settings: { ...this.draft.settings, ...draft.settings } };
    this.stored = stored;
  }

  at(field: string): Wrong | null {
    return this.wrong?.field === field ? this.wrong : null;
  }

  touched(field: string): void {
    if (this.wrong?.field === field || this.wrong?.field === "") {
      this.wrong = null;
    }
  }

  /** Tries it; answers whether all went well. */
  async verify(): Promise<boolean> {
    if (this.busy || !this.kind) {
      return false;
    }
    const lacks = this.#lacks();
    if (lacks) {
      this.wrong = missing(lacks);
      return false;
    }
    const tried = ++this.#tried;
    const asked = this.#asked();
    this.busy = true;
    this.wrong = null;
    this.steps = [];
    try {
      const steps = await this.#host.checkConnector(this.result(), this.key);
      if (tried === this.#tried) {
        this.steps = steps;
        this.#checked = asked;
      }
    } catch (refusal) {
      if (tried === this.#tried) {
        this.wrong = wrongOf(refusal as Refusal);
      }
    } finally {
      if (tried === this.#tried) {
        this.busy = false;
      }
    }
    return tried === this.#tried && this.fine;
  }

  /** The agent went elsewhere meanwhile: the answer is not waited for. */
  abandon(): void {
    ++this.#tried;
    this.busy = false;
  }

  #lacks(): string | null {
    if (!this.draft.base_url.trim()) {
      return "base_url";
    }
    if (!this.key && !this.stored) {
      return "key";
    }
    return this.kind?.settings.find(({ name, required }) => required && !this.draft.settings[name]?.trim())?.name ?? null;
  }

  /** The draft as it is to be saved. */
  result(): ConnectorDraft {
    return $state.snapshot(this.draft);
  }
}

/** A name for a CRM: its file's, in the letters that names have. */
function nameOf(file: string): string {
  const stem = file.split(/[\\/]/).pop()?.replace(/\.toml$/i, "") ?? "";
  return stem.toLowerCase().replace(/[^a-z0-9_-]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40) || "crm";
}

function empty(): ConnectorDraft {
  return {
    name: "",
    file: "",
    base_url: "",
    record_calls: "",
    sync_contacts: true,
    push_contacts: true,
    allow_plain_http: false,
    settings: {},
  };
}
