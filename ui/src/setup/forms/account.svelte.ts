import type { KnownField } from "../../bindings/KnownField";
import type { Refusal } from "../../bindings/Refusal";
import type { AccountCheck, AccountDraft, AccountHost, KnownVendor } from "../../host/setup";
import { hasDoubles, hasHalves, lineOf, linesOf, rowsOf, type TableRow, tableOf } from "./values";
import { missing, type Wrong, wrongOf } from "./wrong";

/** The fields that the check of a sign-in has something to say about, where the vendor's form has them. */
const USER = "username";
const ENDPOINTS = "endpoints";
const ZONE = "time_zone";

/** What was typed for one vendor, and what came of it. */
interface Sheet {
  draft: AccountDraft;
  password: string;
  stored: boolean;
  mine: string[];
  rows: Record<string, TableRow[]>;
  check: AccountCheck | null;
  checked: string;
}

/** An account while it is typed in, tried and saved: for the first run and for the settings alike. */
export class AccountEditor {
  draft = $state<AccountDraft>({ name: "", provider: "", values: {}, allow_plain_http: false });
  /** The vendor's secret, whatever its form calls it. */
  password = $state("");
  /** What the vendor answered to what stands here. */
  check = $state.raw<AccountCheck | null>(null);
  wrong = $state.raw<Wrong | null>(null);
  busy = $state(false);
  /** Which of the endpoints found are the agent's. */
  mine = $state.raw<string[]>([]);
  /** Whether a password is stored already: then an empty one means that one. */
  stored = $state(false);

  /** The vendor whose form this is; nothing for one that is not known here. */
  readonly vendor: KnownVendor | null = $derived.by(
    () => this.#vendors().find(({ provider }) => provider === this.draft.provider) ?? null,
  );
  /** Whether the agent chooses among the endpoints that the vendor lists. */
  readonly choosesEndpoints: boolean = $derived(
    this.vendor !== null && this.vendor.capabilities.includes("endpoints") && this.vendor.fields.some(({ input }) => input.input === "endpoints"),
  );

  readonly #host: Pick<AccountHost, "checkAccount">;
  readonly #vendors: () => KnownVendor[];
  /** Counts the trials, so that an answer to an earlier one changes nothing. */
  #tried = 0;
  #checked = $state("");
  /** The rows of tables as they are typed: a draft can't have two of one name, or half of one. */
  #rows = $state.raw<Record<string, TableRow[]>>({});
  /** The vendor that the account had at the beginning. */
  #began = "";
  /** What was typed for other vendors, should the agent come back to them. */
  readonly #others = new Map<string, Sheet>();

  constructor(host: Pick<AccountHost, "checkAccount">, vendors: () => KnownVendor[]) {
    this.#host = host;
    this.#vendors = vendors;
  }

  /** Begins with a draft: what is usual at a vendor, or an account there is. */
  begin(draft: AccountDraft, stored = false): void {
    this.#others.clear();
    this.#began = draft.provider;
    this.#lay(fresh(draft, stored));
  }

  /** Another vendor: its form begins with what is usual there. The account keeps its name. */
  choose(provider: string): void {
    const vendor = this.#vendors().find((one) => one.provider === provider);
    if (!vendor || provider === this.draft.provider) {
      return;
    }
    this.abandon();
    const { name } = this.draft;
    this.#others.set(this.draft.provider, this.#sheet());
    const sheet = this.#others.get(provider) ?? fresh(vendor.draft, false);
    this.#lay({ ...sheet, draft: { ...sheet.draft, name } });
  }

  /** What was typed, beside what is usual at the vendor; a secret stands there as dots. */
  get typed(): string[] {
    const usual = this.vendor?.draft.values ?? {};
    const values = Object.entries(this.draft.values).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(usual[name]));
    const words = values.flatMap(([, value]) => (typeof value === "string" ? [value] : Array.isArray(value) ? value.map(String) : []));
    return [...words, this.password ? "••••" : ""].map((word) => word.trim()).filter(Boolean);
  }

  #sheet(): Sheet {
    const { password, stored, mine, check } = this;
    return { draft: $state.snapshot(this.draft), password, stored, mine, rows: this.#rows, check, checked: this.#checked };
  }

  #lay({ draft, password, stored, mine, rows, check, checked }: Sheet): void {
    this.draft = draft;
    this.password = password;
    this.stored = stored;
    this.mine = mine;
    this.check = check;
    this.wrong = null;
    this.#rows = rows;
    this.#checked = checked;
  }

  /** Whether what stands here was tried, and the vendor let us in. */
  readonly fine: boolean = $derived(this.check !== null && this.#checked === this.#asked());

  /** What is wrong with this field. */
  at(field: string): Wrong | null {
    return this.wrong?.field === field ? this.wrong : null;
  }

  /** Something was typed: what was wrong with it may be right now. */
  touched(field: string): void {
    if (this.wrong?.field === field || this.wrong?.field === "") {
      this.wrong = null;
    }
  }

  /** The rows of a table, as they are typed. */
  rows(field: string): TableRow[] {
    return this.#rows[field] ?? rowsOf(this.draft.values, field);
  }

  /** Replaces a table's rows, and the draft's value with those that are not empty. */
  setRows(field: string, rows: TableRow[]): void {
    this.#rows = { ...this.#rows, [field]: rows };
    this.draft.values[field] = tableOf(rows);
    this.touched(field);
  }

  /** Whether all is there that must be; a field that lacks is marked. `unchecked`: saved as it is, with or without a secret. */
  complete(unchecked = false): boolean {
    const fields = this.vendor?.fields ?? [];
    const inOrder = [...fields.filter(({ advanced }) => !advanced), ...fields.filter(({ advanced }) => advanced)];
    // One vendor's secret is never another's.
    const skips = ({ input }: KnownField) => unchecked && input.input === "secret" && this.draft.provider === this.#began;
    const lacking = inOrder.find((field) => !skips(field) && this.#lacks(field));
    this.wrong = lacking ? missing(lacking.name) : null;
    return lacking === undefined;
  }

  #lacks({ name, input, required, assumed }: KnownField): boolean {
    const rows = this.rows(name);
    switch (input.input) {
      case "secret":
        return required && !this.password && !this.stored;
      case "table":
        return hasHalves(rows) || hasDoubles(rows) || (required && Object.keys(tableOf(rows)).length === 0);
      case "list":
        return required && linesOf(this.draft.values, name).every((line) => line.trim() === "");
      case "choice":
      case "switch":
      case "endpoints":
        return false;
      case "text":
      case "address":
      case "number":
      case "file":
        return required && assumed === "" && lineOf(this.draft.values, name).trim() === "";
    }
  }

  /** Tries it with the vendor; answers whether it let us in. What was tried already is not tried again. */
  async verify(): Promise<boolean> {
    if (this.busy || !this.complete()) {
      return false;
    }
    const asked = this.#asked();
    if (this.check && asked === this.#checked) {
      return true;
    }
    const tried = ++this.#tried;
    this.busy = true;
    try {
      const check = await this.#host.checkAccount($state.snapshot(this.draft), this.password);
      if (tried !== this.#tried) {
        return false;
      }
      this.check = check;
      this.#checked = asked;
      this.#preselect(check);
      return true;
    } catch (refusal) {
      if (tried === this.#tried) {
        this.check = null;
        this.wrong = this.#placed(wrongOf(refusal as Refusal));
      }
      return false;
    } finally {
      if (tried === this.#tried) {
        this.busy = false;
      }
    }
  }

  /** The host calls every vendor's secret the password. */
  #placed(wrong: Wrong): Wrong {
    const secret = this.vendor?.fields.find(({ input }) => input.input === "secret");
    return wrong.field === "password" && secret ? { ...wrong, field: secret.name } : wrong;
  }

  /** The agent went elsewhere meanwhile: the answer is not waited for. */
  abandon(): void {
    ++this.#tried;
    this.busy = false;
  }

  /** The number that the user name may be; empty for a vendor without user names. */
  get own(): string {
    return lineOf(this.draft.values, USER).trim();
  }

  /** What was chosen before, as far as it is there; else the user name's own; else the only one. */
  #preselect({ endpoints }: AccountCheck): void {
    const there = (number: string) => endpoints.some((one) => one.number === number);
    const kept = this.mine.filter(there);
    const { own } = this;
    const only = endpoints.length === 1 ? endpoints.map((one) => one.number) : [];
    this.mine = kept.length > 0 ? kept : there(own) ? [own] : only;
  }

  /** Ticks an endpoint or takes the tick away. */
  tick(number: string, on: boolean): void {
    this.mine = on ? [...this.mine, number] : this.mine.filter((one) => one !== number);
    this.wrong = null;
  }

  /** The zone that the vendor's times are read by; null for a vendor whose times carry their own. */
  get zone(): string | null {
    return this.vendor?.fields.some(({ name }) => name === ZONE) ? lineOf(this.draft.values, ZONE) : null;
  }

  /** Takes over the zone that fits the vendor's times. What was asked needs no asking again. */
  fit(zone: string): void {
    this.draft.values[ZONE] = zone;
    this.#checked = this.#asked();
  }

  /** What the vendor is asked with: all but which of its endpoints are the agent's. */
  #asked(): string {
    const values = { ...this.draft.values, [ENDPOINTS]: [] };
    return JSON.stringify([{ ...this.draft, values }, this.password]);
  }

  /** The draft as it is to be saved. */
  result(): AccountDraft {
    const { values, ...rest } = $state.snapshot(this.draft);
    const trimmed = Object.entries(values).map(([name, value]) => [name, typeof value === "string" ? value.trim() : value]);
    const chosen = this.choosesEndpoints ? { [ENDPOINTS]: [...this.mine] } : {};
    return { ...rest, values: { ...Object.fromEntries(trimmed), ...chosen } };
  }
}

/** A sheet on which nothing was typed yet. */
function fresh(draft: AccountDraft, stored: boolean): Sheet {
  const mine = linesOf(draft.values, ENDPOINTS);
  return { draft: $state.snapshot(draft), password: "", stored, mine, rows: {}, check: null, checked: "" };
}
