// Accounts, identities and CRMs of the settings file: which there are, one of them while it is changed, and what the
// last thing asked for came to. Timbre begins anew after each change; that is the host's.

import type { Refusal } from "../../bindings/Refusal";
import type { AccountDraft, ConnectorDraft, IdentityDraft, Keep, Keyring, KnownConnector, Offers, SettingsForm } from "../../host/setup";
import { AccountEditor } from "../../setup/forms/account.svelte";
import { ConnectorEditor } from "../../setup/forms/connector.svelte";
import { missing, type Wrong, wrongOf } from "../../setup/forms/wrong";
import type { Shell } from "../shell.svelte";
import { accountTitle, connectorKind, endpointsOf, freeName } from "./known";
import { type Kind, type Named, type Tried, Trials } from "./trials.svelte";

export class Connections {
  form = $state.raw<SettingsForm | null>(null);
  offers = $state.raw<Offers>({ vendors: [], connectors: [] });
  /** Why the settings can't be shown. */
  unread = $state.raw<Refusal | null>(null);
  /** What is being changed; `name` is what it is called until now, empty for a new one. */
  editing = $state.raw<Named | null>(null);
  account = $state.raw<AccountEditor>()!;
  crm = $state.raw<ConnectorEditor>()!;
  identity = $state<IdentityDraft>({ label: "", account: "", endpoint: "", withheld: false });
  /** The keyring, as far as it was asked about for what is being changed. */
  keyring = $state.raw<Keyring | null>(null);
  /** Whether the agent must say where the secret is to be kept. */
  choosing = $state(false);
  choice = $state<"retry" | "session" | "environment">("retry");
  /** What is about to be removed, once the question is answered. */
  asking = $state.raw<Named | null>(null);
  /** What is wrong with the whole of what was asked. */
  wrong = $state.raw<Wrong | null>(null);
  busy = $state(false);
  /** When something was saved or removed last. */
  saved = $state.raw<number | null>(null);

  readonly #shell: Shell;
  readonly #trials: Trials;
  /** Counts what was begun, so that an answer to something left meanwhile changes nothing. */
  #begun = 0;

  constructor(shell: Shell) {
    this.#shell = shell;
    this.#trials = new Trials(() => this.#host);
  }

  get #host() {
    return this.#shell.host.connections;
  }

  /** Reads the settings file anew. */
  async refresh(): Promise<void> {
    try {
      [this.form, this.offers] = await Promise.all([this.#host.form(), this.#host.offers()]);
      this.unread = null;
    } catch (refusal) {
      this.unread = refusal as Refusal;
    }
  }

  /** What an account is called in the list. */
  title(draft: AccountDraft): string {
    return accountTitle(this.offers, draft);
  }

  /** Which kind of CRM it is. */
  kindOf(draft: ConnectorDraft): KnownConnector {
    return connectorKind(this.offers, draft);
  }

  /** The endpoints that an identity of this account may have. */
  endpoints(account: string): string[] {
    return endpointsOf(this.offers, this.form, account);
  }

  /** Opens the form of an account, a new one without a name. */
  editAccount(name: string): void {
    this.#begin({ kind: "account", name });
    this.account = new AccountEditor(this.#host, () => this.offers.vendors);
    const known = this.form?.accounts.find((one) => one.name === name);
    const usual = this.offers.vendors[0]?.draft;
    if (known) {
      this.account.begin(known, this.#hasSecret("accounts", name));
    } else if (usual) {
      this.account.begin({ ...usual, name: freeName(usual.name, this.form?.accounts ?? []) });
    }
    void this.#look(this.account.draft.name);
  }

  /** Opens the form of a CRM. */
  editCrm(name: string): void {
    this.#begin({ kind: "crm", name });
    this.crm = new ConnectorEditor(this.#host);
    const known = this.form?.connectors.find((one) => one.name === name);
    if (known) {
      this.crm.begin(this.kindOf(known), known, this.#hasSecret("connectors", name));
      void this.#look(name);
    } else {
      this.chooseCrm(this.offers.connectors[0] ?? null);
    }
  }

  /** A new CRM is of this kind, and has a name that no other has. */
  chooseCrm(kind: KnownConnector | null): void {
    this.crm.choose(kind);
    const others = this.form?.connectors ?? [];
    if (others.some(({ name }) => name === this.crm.draft.name)) {
      this.crm.draft.name = freeName(this.crm.draft.name, others);
    }
  }

  /** Another kind of CRM, from a file. */
  async pick(): Promise<void> {
    await this.#try(async () => {
      const picked = await this.#host.pickConnectorFile();
      if (picked) {
        const known = this.offers.connectors.filter(({ file }) => file !== picked.file);
        this.offers = { ...this.offers, connectors: [...known, picked] };
        this.chooseCrm(picked);
      }
    });
  }

  /** Opens the form of an identity. */
  editIdentity(label: string): void {
    this.#begin({ kind: "identity", name: label });
    const known = this.form?.identities.find((one) => one.label === label);
    const account = this.form?.accounts[0]?.name ?? "";
    this.identity = known ? { ...known } : { label: "", account, endpoint: this.endpoints(account)[0] ?? "", withheld: false };
  }

  /** What is typed about an account, a CRM or an identity and not saved; empty where nothing is. */
  get typed(): string {
    const { editing } = this;
    const known = this.form?.accounts.find((one) => one.name === editing?.name);
    switch (editing?.kind) {
      case "account":
        // Of one that there is, only what was changed counts.
        return known && JSON.stringify(known) === JSON.stringify(this.account.draft) && !this.account.password ? "" : this.account.typed.join(" · ");
      case "crm": {
        const was = this.form?.connectors.find((one) => one.name === editing.name);
        return was && JSON.stringify(was) === JSON.stringify(this.crm.draft) && !this.crm.key ? "" : this.crm.typed.join(" · ");
      }
      case "identity":
        return this.form?.identities.some((one) => JSON.stringify(one) === JSON.stringify(this.identity)) ? "" : this.identity.label.trim();
      case undefined:
        return "";
    }
  }

  #begin(what: Named): void {
    ++this.#begun;
    this.editing = what;
    this.asking = null;
    this.#trials.clear();
    this.wrong = null;
    this.keyring = null;
    this.choosing = false;
    this.choice = "retry";
    this.busy = false;
  }

  /** Back to the list; what was typed is forgotten. */
  leave(): void {
    ++this.#begun;
    this.account?.abandon();
    this.crm?.abandon();
    this.editing = null;
    this.wrong = null;
    this.busy = false;
  }

  /** Without a secret that is known to be there, one must be typed. */
  #hasSecret(of: "accounts" | "connectors", name: string): boolean {
    const { status } = this.#shell;
    const state =
      of === "accounts" ? status?.accounts.find(({ account }) => account === name) : status?.connectors.find(({ connector }) => connector === name);
    return state?.code !== "secret_missing";
  }

  /** Where the secret is, to be said beside its field. */
  async #look(name: string): Promise<void> {
    const begun = this.#begun;
    try {
      const keyring = await this.#host.keyring(name);
      if (begun === this.#begun) {
        this.keyring = keyring;
      }
    } catch {
      // Asked again when it is saved; then it is said.
    }
  }

  /** Whether what is being changed was tried, and all went well. */
  get fine(): boolean {
    return this.editing?.kind === "account" ? this.account.fine : this.editing?.kind === "crm" ? this.crm.fine : true;
  }

  /** Whether it can be saved as it is: what is there already also while nobody answers. */
  get savable(): boolean {
    return this.fine || this.editing?.name !== "";
  }

  get waiting(): boolean {
    return this.busy || this.account?.busy === true || this.crm?.busy === true;
  }

  /** Tries what is being changed. */
  async verify(): Promise<void> {
    this.wrong = null;
    await (this.editing?.kind === "account" ? this.account : this.crm).verify();
  }

  /** Saves what is being changed, and goes back to the list. */
  async save(): Promise<void> {
    const { editing } = this;
    if (!editing || this.waiting) {
      return;
    }
    if (editing.kind === "identity") {
      await this.#saveIdentity(editing.name);
    } else if (editing.kind === "account" && this.account.choosesEndpoints && this.account.check && this.account.mine.length === 0) {
      this.wrong = missing("endpoints");
    } else if (editing.kind !== "account" || this.account.complete(true)) {
      const secret = editing.kind === "account" ? this.account.password : this.crm.key;
      const name = (editing.kind === "account" ? this.account : this.crm).draft.name;
      await this.#try(async () => {
        const keep = secret === "" ? "keyring" : await this.#where(name);
        if (keep) {
          await this.#put(editing.kind, keep);
        }
      });
    }
  }

  /** Into the keyring where it works; else where the agent says, once they were asked. */
  async #where(name: string): Promise<Keep | null> {
    if (this.choosing && this.choice !== "retry") {
      return this.choice;
    }
    const begun = this.#begun;
    const keyring = await this.#host.keyring(name);
    if (begun !== this.#begun) {
      return null;
    }
    this.keyring = keyring;
    this.choosing = keyring.state !== "works";
    return this.choosing ? null : "keyring";
  }

  async #put(kind: Kind, keep: Keep): Promise<void> {
    if (kind === "account") {
      await this.#host.saveAccount(this.account.result(), this.account.password, keep);
    } else {
      await this.#host.saveConnector(this.crm.result(), this.crm.key, keep);
    }
    await this.#done();
  }

  async #saveIdentity(was: string): Promise<void> {
    const identity = { ...$state.snapshot(this.identity), label: this.identity.label.trim() };
    const lacks = (["label", "account", "endpoint"] as const).find((field) => identity[field].trim() === "");
    if (lacks) {
      this.wrong = missing(lacks);
      return;
    }
    await this.#try(async () => {
      await this.#host.saveIdentity(was || null, identity);
      await this.#done();
    });
  }

  async #done(): Promise<void> {
    this.leave();
    this.asking = null;
    this.#trials.clear();
    this.saved = this.#shell.now;
    await this.refresh();
  }

  /** Removes what was asked about. */
  async remove(): Promise<void> {
    const { asking } = this;
    if (!asking || this.busy) {
      return;
    }
    const removed = { account: "removeAccount", crm: "removeConnector", identity: "removeIdentity" } as const;
    await this.#try(async () => {
      await this.#host[removed[asking.kind]](asking.name);
      await this.#done();
    });
  }

  /** What a trial from the list found. */
  get tried(): Tried | null {
    return this.#trials.found;
  }

  /** Asks the vendor, or the CRM, whether what is kept works. */
  async try(what: Named): Promise<void> {
    ++this.#begun;
    this.wrong = null;
    this.asking = null;
    await this.#trials.run(what, this.form);
  }

  at(field: string): Wrong | null {
    return this.wrong?.field === field ? this.wrong : null;
  }

  async #try(work: () => Promise<void>): Promise<void> {
    const begun = this.#begun;
    this.busy = true;
    this.wrong = null;
    try {
      await work();
    } catch (refusal) {
      if (begun === this.#begun) {
        this.wrong = wrongOf(refusal as Refusal);
      }
    } finally {
      if (begun === this.#begun) {
        this.busy = false;
      }
    }
  }
}
