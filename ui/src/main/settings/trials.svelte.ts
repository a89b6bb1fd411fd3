// Trials from the list of accounts and CRMs: what is kept is tried as it is.

import type { Refusal } from "../../bindings/Refusal";
import type { AccountCheck, ConnectionsHost, TestStep, SettingsForm } from "../../host/setup";
import { type Wrong, wrongOf } from "../../setup/forms/wrong";

/** What can be set up here. */
export type Kind = "account" | "crm" | "identity";

/** An account, a CRM or an identity by its name. */
export interface Named {
  kind: Kind;
  name: string;
}

/** What a trial from the list found. */
export interface Tried extends Named {
  busy: boolean;
  check: AccountCheck | null;
  steps: TestStep[];
  wrong: Wrong | null;
}

/** One trial at a time; an answer to an earlier one changes nothing. */
export class Trials {
  found = $state.raw<Tried | null>(null);
  readonly #host: () => Pick<ConnectionsHost, "checkAccount" | "checkConnector">;
  #begun = 0;

  constructor(host: () => Pick<ConnectionsHost, "checkAccount" | "checkConnector">) {
    this.#host = host;
  }

  /** Nothing was tried; what is on its way is not waited for. */
  clear(): void {
    ++this.#begun;
    this.found = null;
  }

  /** Asks the vendor, or the CRM, whether what the form has of it works. */
  async run(what: Named, form: SettingsForm | null): Promise<void> {
    const begun = ++this.#begun;
    const nothing = { check: null, steps: [], wrong: null };
    this.found = { ...what, ...nothing, busy: true };
    const tell = (found: Partial<Tried>) => {
      if (begun === this.#begun) {
        this.found = { ...what, ...nothing, busy: false, ...found };
      }
    };
    const account = form?.accounts.find(({ name }) => what.kind === "account" && name === what.name);
    const crm = form?.connectors.find(({ name }) => what.kind === "crm" && name === what.name);
    try {
      if (account) {
        tell({ check: await this.#host().checkAccount(account, "") });
      } else if (crm) {
        tell({ steps: await this.#host().checkConnector(crm, "") });
      }
    } catch (refusal) {
      tell({ wrong: wrongOf(refusal as Refusal) });
    }
  }
}
