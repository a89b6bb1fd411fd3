import type { Refusal } from "../../bindings/Refusal";
import type { AccountCheck, AccountDraft, AccountHost } from "../../host/setup";

/** What is wrong with a field, or with the whole where it has no place. */
export interface Wrong {
  /** The field, such as `base_url`; empty for the whole. */
  field: string;
  /** What happened; empty where the field is simply missing. */
  what: string;
  whatToDo: string;
}

/** A refusal, and the field it points to: the last name of its place. */
export function wrongOf(refusal: Refusal): Wrong {
  const field = refusal.place?.split(".").pop()?.replace(/\[.*$/, "") ?? "";
  return { field, what: refusal.what, whatToDo: refusal.what_to_do };
}

/** A field that must be filled in. */
export const missing = (field: string): Wrong => ({ field, what: "", whatToDo: "" });

/** An account while it is typed in, tried and saved: for the first run and for the settings alike. */
export class AccountEditor {
  draft = $state<AccountDraft>(empty());
  password = $state("");
  /** What the vendor answered to what stands here. */
  check = $state.raw<AccountCheck | null>(null);
  wrong = $state.raw<Wrong | null>(null);
  busy = $state(false);
  /** Which of the endpoints found are the agent's. */
  mine = $state.raw<string[]>([]);
  /** Whether a password is stored already: then an empty one means that one. */
  stored = $state(false);

  readonly #host: Pick<AccountHost, "checkAccount">;
  /** Counts the trials, so that an answer to an earlier one changes nothing. */
  #tried = 0;
  #checked = $state("");

  constructor(host: Pick<AccountHost, "checkAccount">) {
    this.#host = host;
  }

  /** Begins with a draft: what is usual at a vendor, or an account there is. */
  begin(draft: AccountDraft, stored = false): void {
    this.draft = { ...draft, endpoints: [...draft.endpoints] };
    this.mine = draft.endpoints;
    this.stored = stored;
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

  /** Tries it with the vendor; answers whether it let us in. What was tried already is not tried again. */
  async verify(): Promise<boolean> {
    if (this.busy) {
      return false;
    }
    if (!this.draft.username.trim()) {
      this.wrong = missing("username");
      return false;
    }
    if (!this.password && !this.stored) {
      this.wrong = missing("password");
      return false;
    }
    const asked = this.#asked();
    if (this.check && asked === this.#checked) {
      return true;
    }
    const tried = ++this.#tried;
    this.busy = true;
    this.wrong = null;
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
        this.wrong = wrongOf(refusal as Refusal);
      }
      return false;
    } finally {
      if (tried === this.#tried) {
        this.busy = false;
      }
    }
  }

  /** The agent went elsewhere meanwhile: the answer is not waited for. */
  abandon(): void {
    ++this.#tried;
    this.busy = false;
  }

  /** What was chosen before, as far as it is there; else the user name's own; else the only one. */
  #preselect({ endpoints }: AccountCheck): void {
    const there = (number: string) => endpoints.some((one) => one.number === number);
    const kept = this.mine.filter(there);
    const own = this.draft.username.trim();
    const only = endpoints.length === 1 ? endpoints.map((one) => one.number) : [];
    this.mine = kept.length > 0 ? kept : there(own) ? [own] : only;
  }

  /** Ticks an endpoint or takes the tick away. */
  tick(number: string, on: boolean): void {
    this.mine = on ? [...this.mine, number] : this.mine.filter((one) => one !== number);
    this.wrong = null;
  }

  /** Takes over the zone that fits the vendor's times. What was asked needs no asking again. */
  fit(zone: string): void {
    this.draft.time_zone = zone;
    this.#checked = this.#asked();
  }

  #asked(): string {
    return JSON.stringify([{ ...this.draft, endpoints: [] }, this.password]);
  }

  /** The draft as it is to be saved. */
  result(): AccountDraft {
    return { ...$state.snapshot(this.draft), username: this.draft.username.trim(), endpoints: [...this.mine] };
  }
}

function empty(): AccountDraft {
  return {
    name: "",
    provider: "",
    base_url: "",
    click_to_dial_url: "",
    username: "",
    endpoints: [],
    full_account: false,
    ring_first: "",
    time_zone: "",
    currency: "",
    allow_plain_http: false,
  };
}
