// What the first run, and the settings' pages of accounts and CRMs, ask of the program around them.

import type { AccountCheck } from "../bindings/AccountCheck";
import type { AccountDraft } from "../bindings/AccountDraft";
import type { ConnectorDraft } from "../bindings/ConnectorDraft";
import type { Endpoint } from "../bindings/Endpoint";
import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import type { IdentityDraft } from "../bindings/IdentityDraft";
import type { Keep } from "../bindings/Keep";
import type { Keyring } from "../bindings/Keyring";
import type { KeyringState } from "../bindings/KeyringState";
import type { KnownConnector } from "../bindings/KnownConnector";
import type { KnownSetting } from "../bindings/KnownSetting";
import type { KnownVendor } from "../bindings/KnownVendor";
import type { Language } from "../bindings/Language";
import type { Offers } from "../bindings/Offers";
import type { TestStep } from "../bindings/TestStep";
import type { SettingsForm } from "../bindings/SettingsForm";

export type { AccountCheck, Keep, Keyring, Offers, AccountDraft, ConnectorDraft, Endpoint, KeyringState, KnownConnector, KnownSetting, KnownVendor, TestStep, IdentityDraft, SettingsForm };

/** Accounts, as far as their form needs them. */
export interface AccountHost {
  /** Signs in with the vendor, once, and asks what there is. Refused with the field that is wrong as its place. */
  checkAccount(draft: AccountDraft, password: string): Promise<AccountCheck>;
  /** Adds the account to the settings, or replaces it, and keeps its password. */
  saveAccount(draft: AccountDraft, password: string, keep: Keep): Promise<void>;
  /** Looks at the keyring, anew each time. */
  keyring(name: string): Promise<Keyring>;
}

/** CRMs, as far as their form needs them. */
export interface ConnectorHost {
  checkConnector(draft: ConnectorDraft, key: string): Promise<TestStep[]>;
  saveConnector(draft: ConnectorDraft, key: string, keep: Keep): Promise<void>;
  /** Lets the agent choose a connector's file; nothing where they chose none. */
  pickConnectorFile(): Promise<KnownConnector | null>;
  keyring(name: string): Promise<Keyring>;
}

/** What the settings' page of accounts and CRMs may ask. After a change Timbre begins anew, and `bootstrap` comes. */
export interface ConnectionsHost extends AccountHost, ConnectorHost {
  offers(): Promise<Offers>;
  /** What the settings file says now. Refused where it can't be read. */
  form(): Promise<SettingsForm>;
  /** Removes an account with its identities, and its password from the keyring. Calls and results stay. */
  removeAccount(name: string): Promise<void>;
  /** Removes a CRM, and its key from the keyring. What waits for it stays, and is not sent. */
  removeConnector(name: string): Promise<void>;
  /** Adds an identity, or replaces the one that was called `was`. */
  saveIdentity(was: string | null, identity: IdentityDraft): Promise<void>;
  removeIdentity(label: string): Promise<void>;
}

/** What the shell tells the first run. */
export interface SetupListener {
  /** The program ends: what is typed and not saved, without secrets. */
  leaving?(): Promise<string[]>;
  bootstrap(bootstrap: WindowBootstrap): void;
}

/** What the first run may ask. */
export interface SetupHost extends AccountHost, ConnectorHost {
  /** From now on the listener hears. The language is the system's until another is chosen. */
  start(listener: SetupListener): Promise<WindowBootstrap>;
  offers(): Promise<Offers>;
  /** From now on Timbre speaks this language; the page hears it by the answer. */
  setLanguage(language: Language): Promise<WindowBootstrap>;
  /** All is set up: Timbre begins to work, and the window goes. */
  finish(autostart: boolean): Promise<void>;
}
