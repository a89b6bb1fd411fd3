// What the windows ask of the program around them. Nothing outside this folder knows which program that is.
// Every promise that can be refused is refused with a `Refusal`: words in the agent's language, what to do about it.

import type { Call } from "../bindings/Call";
import type { CallKey } from "../bindings/CallKey";
import type { CallRow } from "../bindings/CallRow";
import type { CallsWanted } from "../bindings/CallsWanted";
import type { Changed } from "../bindings/Changed";
import type { Contact } from "../bindings/Contact";
import type { ContactEdit } from "../bindings/ContactEdit";
import type { ErrorCode } from "../bindings/ErrorCode";
import type { ContactId } from "../bindings/ContactId";
import type { DialProgress } from "../bindings/DialProgress";
import type { DialWish } from "../bindings/DialWish";
import type { ContactSummary } from "../bindings/ContactSummary";
import type { FoundContact } from "../bindings/FoundContact";
import type { Goal } from "../bindings/Goal";
import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import type { Home } from "../bindings/Home";
import type { Interaction } from "../bindings/Interaction";
import type { InteractionEdit } from "../bindings/InteractionEdit";
import type { TrayStatus } from "../bindings/TrayStatus";
import type { NumberRead } from "../bindings/NumberRead";
import type { OutboxRow } from "../bindings/OutboxRow";
import type { Page } from "../bindings/Page";
import type { Place } from "../bindings/Place";
import type { Places } from "../bindings/Places";
import type { PopupCard } from "../bindings/PopupCard";
import type { Preferences } from "../bindings/Preferences";
import type { RecordState } from "../bindings/RecordState";
import type { RequestId } from "../bindings/RequestId";
import type { Retried as WholeRetried } from "../bindings/Retried";
import type { Saved } from "../bindings/Saved";
import type { ShownPhone } from "../bindings/ShownPhone";
import type { Status } from "../bindings/Status";
import type { TypedCaller } from "../bindings/TypedCaller";
import type { ConnectionsHost } from "./setup";

export type { CallsWanted, DialWish, FoundContact, Goal, Home, NumberRead, Page, Places, Saved };

/** What a person allows when they have a record sent again. */
export interface RetryHow {
  /** Create it although the CRM takes it for one it has already. */
  despiteDuplicate?: boolean;
  /** Create it although an earlier request may have stored it and the CRM can't be asked: the person looked there. */
  unsearched?: boolean;
}

/** What came of it, as far as pages tell it. */
export type Retried = Pick<WholeRetried, "outcome" | "until" | "what" | "what_to_do">;

/** What the shell tells a pop-up's window. */
export interface PopupListener {
  /** Show this call. The window is still hidden; `PopupHost.filled` brings it up. Also when more is known of a call shown. */
  show(card: PopupCard): void;
  /** The call shown was answered, is over, or goes on again. */
  changed(call: Call): void;
  /** A record of the call shown has come further on its way to the CRM. */
  records(callKey: CallKey, records: RecordState[]): void;
  /** The keyboard is ours now, by hotkey or click: show where it is (the form's first field, the search field). */
  focused(): void;
  /** The window manager was asked to close the window: close as the agent would. */
  closeAsked(): void;
  /** The program ends: keep what can be kept. What is typed and can't be, as it was typed. */
  leaving?(): Promise<string[]>;
  /** The window was hidden: forget the call, so that the next one never shows it for a moment. */
  clear(): void;
  /** Language, preferences or dispositions changed. */
  bootstrap(bootstrap: WindowBootstrap): void;
}

/** What a pop-up's window tells the shell: far less than the main window may. */
export interface PopupHost {
  /** From now on the listener hears. */
  start(listener: PopupListener): Promise<WindowBootstrap>;
  /** The call is laid out and needs this many CSS pixels of height; again whenever that changes. */
  filled(callKey: CallKey, height: number): Promise<void>;
  /** The call is on the glass. */
  painted(callKey: CallKey): Promise<void>;
  /** The agent clicked into a field: the window takes the keyboard. Never called for anything but a click of the agent's. */
  focus(): Promise<void>;
  /** The agent has begun to act on this call: the pop-up stays until they are done, and nothing in it is exchanged. */
  begun(callKey: CallKey): Promise<void>;
  /** The agent is done with the call's pop-up. */
  close(callKey: CallKey): Promise<void>;
  /** Keeps what the agent wrote: a draft as it is typed, or the final result with `finish`, which takes who was typed too. */
  save(callKey: CallKey, edit: InteractionEdit, caller: TypedCaller | null): Promise<Saved>;
  /** The agent said who it is; answers the card with this contact. */
  choose(callKey: CallKey, contact: ContactId): Promise<PopupCard>;
  /** Contacts as the agent types. */
  search(text: string): Promise<Contact[]>;
  /** A new contact with this call's number. */
  addContact(callKey: CallKey, name: string, company: string): Promise<PopupCard>;
  /** Another name, company, telephones or addresses of the contact shown. Refused with the place that is wrong. */
  editContact(callKey: CallKey, contact: ContactId, edit: ContactEdit): Promise<PopupCard>;
  /** Dials a number shown in the pop-up; progress is told by the call that comes of it, failure by the refusal. */
  dial(number: string, contact: ContactId | null, despite: ErrorCode[]): Promise<void>;
  /** Opens the contact's case file in the main window. */
  openContact(contact: ContactId): Promise<void>;
}

/** What the shell tells the dial window. */
export interface DialListener {
  /** The window comes up for this. */
  wish(wish: DialWish): void;
  /** A dial has come further. */
  progress(progress: DialProgress): void;
  status(status: Status): void;
  bootstrap(bootstrap: WindowBootstrap): void;
}

/** What the dial window may ask. */
export interface DialHost {
  start(listener: DialListener): Promise<WindowBootstrap>;
  /** Contacts as the agent types; an empty text brings those used last. */
  search(text: string): Promise<FoundContact[]>;
  /** The last calls, the newest first. */
  recent(limit: number): Promise<CallRow[]>;
  /** A number as it would be dialled, and who has it. Refused where the text is none. */
  readNumber(text: string): Promise<NumberRead>;
  /** From now on calls are made as this identity; remembered as the agent's preference. `bootstrap` tells it. */
  chooseIdentity(label: string): Promise<void>;
  /** Dials; answers the dial's id. `from` is an identity's label, null for the usual one. */
  dial(number: string, from: string | null, contact: ContactId | null, despite: ErrorCode[]): Promise<string>;
  /** The window's content is this high. */
  height(height: number): Promise<void>;
  /** The agent is done: the window goes, warm. */
  close(): Promise<void>;
}

/** What the shell tells the strip. */
export interface StripListener {
  /** How Timbre is, and which one thing of it the tray's icon would show. */
  status(status: Status, trayStatus: TrayStatus): void;
  bootstrap(bootstrap: WindowBootstrap): void;
}

/** The small window of desktops without a tray. */
export interface StripHost {
  start(listener: StripListener): Promise<WindowBootstrap>;
  /** Opens the tray's menu at the pointer. */
  menu(): Promise<void>;
  openDial(): Promise<void>;
  openMain(): Promise<void>;
}

/** What the shell tells the main window. */
export interface MainListener {
  goTo(goal: Goal): void;
  status(status: Status): void;
  /** Something of this kind changed: ask again for what is shown of it. */
  changed(what: Changed): void;
  progress(progress: DialProgress): void;
  /** The window goes, or the program ends: keep what can be kept. What is typed and can't be, as it was typed. */
  leaving?(): Promise<string[]>;
  bootstrap(bootstrap: WindowBootstrap): void;
}

/** What the main window may ask. */
export interface MainHost {
  /** Accounts, identities and CRMs: the first run's commands, and those that change what there is. */
  readonly connections: ConnectionsHost;
  start(listener: MainListener): Promise<WindowBootstrap>;
  status(): Promise<Status>;
  calls(query: CallsWanted): Promise<CallRow[]>;
  /** The card of any call of the history: who, case file, what the agent wrote. */
  card(callKey: CallKey): Promise<PopupCard>;
  /** What is known of a contact, with so many entries of its case file. */
  contactSummary(contact: ContactId, entries: number): Promise<{ contact: Contact; contact_summary: ContactSummary }>;
  save(callKey: CallKey, edit: InteractionEdit, caller: TypedCaller | null): Promise<Saved>;
  choose(callKey: CallKey, contact: ContactId): Promise<PopupCard>;
  addContact(callKey: CallKey, name: string, company: string): Promise<PopupCard>;
  editContact(contact: ContactId, edit: ContactEdit): Promise<Contact>;
  search(text: string): Promise<Contact[]>;
  outbox(all: boolean): Promise<OutboxRow[]>;
  /** Sends a record now and answers what came of it, or after some seconds that nothing is known yet. */
  retry(id: RequestId, how: RetryHow): Promise<Retried>;
  discard(id: RequestId): Promise<void>;
  /** The sign-in with a stopped CRM is right now: go on. */
  resume(connector: string): Promise<void>;
  /** Opens a record of the CRM in the browser; only addresses of the configured CRM are opened. */
  openRecord(id: RequestId): Promise<void>;
  /** Opens the dial window, with a number to ask about. */
  openDial(number: string, contact: ContactId | null): Promise<void>;
  setPreferences(preferences: Preferences): Promise<WindowBootstrap>;
  /** The screens there are, as the system names them. */
  screens(): Promise<string[]>;
  /** Shows a pop-up for a moment with somebody made up, to see where it stands. */
  tryPopup(): Promise<void>;
  /** Where settings, data and logs are. */
  places(): Promise<Places>;
  /** Opens one of these folders in the system's file manager; for the settings, the folder they stand in. */
  openPlace(which: Place): Promise<void>;
}
