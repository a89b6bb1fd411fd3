// What the first run, and the settings' pages of accounts and CRMs, ask of the program around them.
// The types down to `TrialStep` are Rust's own (AccountDraft and ConnectorDraft of the engine's settings, the rest of the
// wiring's checks): once they are among the bindings, they are imported from there.

import type { Hello } from "../bindings/Hello";
import type { Language } from "../bindings/Language";

/** An account, as a form has it: an empty text stands for what is assumed. */
export interface AccountDraft {
  name: string;
  provider: string;
  base_url: string;
  click_to_dial_url: string;
  username: string;
  endpoints: string[];
  full_account: boolean;
  ring_first: string;
  time_zone: string;
  currency: string;
  allow_plain_http: boolean;
}

/** A CRM, as a form has it. */
export interface ConnectorDraft {
  name: string;
  /** One that comes with Timbre, or the path of a file that ends in `.toml`. */
  file: string;
  base_url: string;
  /** `all`, `answered` or `with-result`. */
  record_calls: string;
  sync_contacts: boolean;
  push_contacts: boolean;
  allow_plain_http: boolean;
  settings: Record<string, string>;
}

/** A vendor's line. */
export interface FoundEndpoint {
  id: string;
  number: string;
}

/** What a vendor answered to a sign-in. */
export interface AccountCheck {
  endpoints: FoundEndpoint[];
  /** Whether the user name is the number of one of them. */
  username_is_endpoint: boolean;
  /** The draft's endpoints that the account has not. */
  unknown_endpoints: string[];
  /** The calls going on at this moment. */
  live_calls: number;
  /** Parts of the answer that could not be read. */
  unread: number;
  /** Our clock less the vendor's, seconds; nothing where it did not say. */
  clock_ahead_s: number | null;
  /** A zone that would fit the vendor's times, where the draft's does not. */
  fitting_zone: string | null;
  /** What is strange about clock or zone, in the agent's language. */
  clock_words: string | null;
}

/** How the system's keyring is. */
export type KeyringState = "works" | "missing" | "locked" | "silent";

/** The keyring, and the way round it for one secret. */
export interface Keyring {
  state: KeyringState;
  /** The environment variable that holds this secret where an administrator set it. */
  variable: string;
  /** Whether that variable is set. */
  variable_set: boolean;
}

/** Where a secret is kept: in the keyring, in memory until Timbre ends, or in the administrator's environment. */
export type Keep = "keyring" | "session" | "environment";

/** A vendor that accounts can be had with. */
export interface KnownVendor {
  provider: string;
  title: string;
  /** A draft with what is usual there. */
  draft: AccountDraft;
}

/** What a connector's file asks for. */
export interface KnownSetting {
  name: string;
  /** What a form calls it. */
  label: string;
  /** What it is for. */
  about: string;
  /** What is assumed where it is not set. */
  default: string | null;
  required: boolean;
  kind: "text" | "number" | "truth";
}

/** A kind of CRM. */
export interface KnownConnector {
  /** Its name, or the path of its file. */
  file: string;
  title: string;
  settings: KnownSetting[];
}

/** One step of a trial of a CRM. */
export interface TrialStep {
  /** The section of the connector's file, such as `contacts.pull`. */
  step: string;
  /** The HTTP status of the answer. */
  status: number | null;
  took_ms: number | null;
  /** What was read, a line each, as `name: value`. */
  read: string[];
  /** Why it failed, in English; nothing where it went well. */
  problem: string | null;
}

/** What can be set up. */
export interface Offers {
  vendors: KnownVendor[];
  connectors: KnownConnector[];
}

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
  checkConnector(draft: ConnectorDraft, key: string): Promise<TrialStep[]>;
  saveConnector(draft: ConnectorDraft, key: string, keep: Keep): Promise<void>;
  /** Lets the agent choose a connector's file; nothing where they chose none. */
  pickConnectorFile(): Promise<KnownConnector | null>;
  keyring(name: string): Promise<Keyring>;
}

/** What the shell tells the first run. */
export interface SetupListener {
  hello(hello: Hello): void;
}

/** What the first run may ask. */
export interface SetupHost extends AccountHost, ConnectorHost {
  /** From now on the listener hears. The language is the system's until another is chosen. */
  start(listener: SetupListener): Promise<Hello>;
  offers(): Promise<Offers>;
  /** From now on Timbre speaks this language; the page hears it by the answer. */
  setLanguage(language: Language): Promise<Hello>;
  /** All is set up: Timbre begins to work, and the window goes. */
  finish(autostart: boolean): Promise<void>;
}
