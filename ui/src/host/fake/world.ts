// What the engine told an office's windows at the end of a morning, with its times moved to now. A story in Rust lives that
// morning and writes it (tests/tests/ui_fixtures.rs): the pages are tried out with what they will really be told. Not shipped.

import type { Call } from "../../bindings/Call";
import type { CallKey } from "../../bindings/CallKey";
import type { CallRow } from "../../bindings/CallRow";
import type { Contact } from "../../bindings/Contact";
import type { ContactId } from "../../bindings/ContactId";
import type { ContactSummary } from "../../bindings/ContactSummary";
import type { FoundContact } from "../../bindings/FoundContact";
import type { WindowBootstrap } from "../../bindings/WindowBootstrap";
import type { KnownConnector } from "../../bindings/KnownConnector";
import type { KnownVendor } from "../../bindings/KnownVendor";
import type { Language } from "../../bindings/Language";
import type { TrayStatus } from "../../bindings/TrayStatus";
import type { OutboxRow } from "../../bindings/OutboxRow";
import type { PopupCard } from "../../bindings/PopupCard";
import type { SettingsForm } from "../../bindings/SettingsForm";
import type { Status } from "../../bindings/Status";
import dayText from "./world/day.json?raw";
import popupsText from "./world/popups.json?raw";
import setupText from "./world/setup.json?raw";
import statusesText from "./world/statuses.json?raw";

/** The office as its windows know it at `now`. */
interface Day {
  now: string;
  bootstrap: WindowBootstrap;
  status: Status;
  /** Everybody in the address book. */
  people: FoundContact[];
  known: Record<ContactId, { contact: Contact; contact_summary: ContactSummary }>;
  /** The newest first; the first of them goes on. */
  calls: CallRow[];
  /** Those whose result is pending. */
  pending: CallKey[];
  /** A call whose caller the vendor has not named yet. */
  not_known_yet: CallRow;
  cards: Record<CallKey, PopupCard>;
  outbox: OutboxRow[];
}

/** What the forms of accounts and CRMs are told. */
interface SetupWorld {
  vendors: Record<Language, KnownVendor[]>;
  connectors: Record<Language, KnownConnector[]>;
  /** The settings of an office with CallMyWay, and of one with FormCall. */
  callmyway: SettingsForm;
  formcall: SettingsForm;
}

const MOMENT = /"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"/g;

/** The same with every moment in it later, by as much as `then` lies before `now`, milliseconds since 1970. */
function moved<T>(text: string, then: string, now: number): T {
  const later = now - Date.parse(then);
  return JSON.parse(text.replace(MOMENT, (moment) => JSON.stringify(new Date(Date.parse(JSON.parse(moment)) + later).toISOString())));
}

/** Seconds before now (after it, below zero), in UTC. */
export const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

export const MINUTE = 60;
export const HOUR = 3600;
export const DAY = 86_400;

export const world: Day = moved(dayText, JSON.parse(dayText).now, Date.now());
export const setupWorld: SetupWorld = JSON.parse(setupText);

/** How Timbre may be, by name, and the tray status that goes with it; each as long ago as it was then. */
export const statuses: Record<string, { tray_status: TrayStatus; status: Status }> = Object.fromEntries(
  Object.entries<{ now: string }>(JSON.parse(statusesText)).map(([name, one]) => [name, moved(JSON.stringify(one), one.now, Date.now())]),
);

/** The pop-ups that were shown, by name, each seven seconds after its call began. */
export const popups: Record<string, PopupCard> = Object.fromEntries(
  Object.entries<PopupCard>(JSON.parse(popupsText)).map(([name, card]) => {
    const { detected_at } = card.call;
    return [name, moved(JSON.stringify({ ...card, answered_at: detected_at }), detected_at, Date.now() - 7000)];
  }),
);

/** What every window is told first. */
export const bootstrap = (language: Language, more: Partial<WindowBootstrap> = {}): WindowBootstrap => ({ ...structuredClone(world.bootstrap), language, ...more });

/** The same, with what the address says: lang=es|en|pt · dials=no, where no account can dial. */
export function greetingOf(query: URLSearchParams, more: Partial<WindowBootstrap> = {}): WindowBootstrap {
  const offers = query.get("dials") === "no" ? { offers: [] } : {};
  return bootstrap((query.get("lang") ?? "es") as Language, { ...offers, ...more });
}

/** A contact of the address book. */
export function contactOf(name: string): Contact {
  const found = world.people.find(({ contact }) => contact.name === name || contact.company === name);
  if (!found) {
    throw new Error(`the office knows nobody called ${name}`);
  }
  return found.contact;
}

export const ana = contactOf("Ana Lucía Fernández");
export const marco = contactOf("Marco Rojas");
export const reception = contactOf("Recepción");
/** A company without a named person. */
export const town = contactOf("Municipalidad de Alajuela");
/** Somebody who does not want to be called. */
export const shy = contactOf("Beatriz Solano");
export const everybody: Contact[] = world.people.map(({ contact }) => contact);

/** What is known of Ana when she calls. */
export const anasSummary: ContactSummary = popups["one"]!.contact_summary!;

/** A call of Ana's, ringing. */
export const call: Call = popups["one"]!.call;

/** The states a call may be in. */
export const states: Record<string, Partial<Call>> = {
  ringing: { state: "ringing", connected_at: null, ended_at: null },
  connected: { state: "connected", connected_at: ago(247), ended_at: null },
  ended: { state: "ended", connected_at: ago(250), ended_at: ago(3) },
  missed: { state: "ended", connected_at: null, ended_at: ago(3) },
};
