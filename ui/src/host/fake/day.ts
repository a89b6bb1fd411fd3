// A made-up working day of an office in Costa Rica: who called, what came of it, what is on its way to the CRM.

import type { Call } from "../../bindings/Call";
import type { CallRow } from "../../bindings/CallRow";
import type { Contact } from "../../bindings/Contact";
import type { Disposition } from "../../bindings/Disposition";
import type { ContactSummary } from "../../bindings/ContactSummary";
import type { Hello } from "../../bindings/Hello";
import type { Interaction } from "../../bindings/Interaction";
import type { Language } from "../../bindings/Language";
import type { OutboxRow } from "../../bindings/OutboxRow";
import type { OutboxState } from "../../bindings/OutboxState";
import type { PastEntry } from "../../bindings/PastEntry";
import type { PhoneKind } from "../../bindings/PhoneKind";
import type { RecordKind } from "../../bindings/RecordKind";
import { words } from "./words";

/** So many seconds ago. */
export const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const LINES: Record<string, string> = { "8373456": "Ventas", "8373457": "Soporte" };

/** A number as Costa Rica writes it: `8888 4787`. */
const written = (digits: string) => `${digits.slice(0, 4)} ${digits.slice(4)}`;

function person(id: string, name: string, company: string, phones: [string, PhoneKind][], more: Partial<Contact> = {}): Contact {
  return {
    id,
    name,
    company,
    phones: phones.map(([digits, kind]) => ({ number: { raw: digits, e164: `+506${digits}` }, kind, source: "espocrm" })),
    emails: [],
    owner: null,
    do_not_call: false,
    fields: {},
    typed: [],
    origin: { source: "espocrm", external_id: id },
    last_used_at: null,
    ...more,
  };
}

/** Everybody in the address book. */
export const people: Contact[] = [
  person("ana", "Ana Lucía Fernández", "Cafetalera del Valle S.A.", [["88884787", "mobile"], ["24561200", "work"]], {
    emails: ["ana.fernandez@cafetalera.example"],
    owner: "Marta Solano",
    fields: { Cédula: "3-0412-0987", Plan: "Empresarial 200", Zona: "Alajuela" },
  }),
  person("marco", "Marco Rojas Quirós", "Transportes Rojas", [["87120045", "mobile"]], {
    fields: { Cédula: "2-0587-0311", Plan: "Flotilla" },
  }),
  person("rebeca", "Rebeca Chinchilla", "Clínica Santa Rita", [["22904410", "work"], ["83017755", "mobile"]], {
    owner: "Marta Solano",
    fields: { Plan: "Salud 24", Zona: "San José" },
  }),
  person("muni", "", "Municipalidad de Alajuela", [["24415000", "work"]]),
  person("jorge", "Jorge Alvarado", "Ferretería El Clavo", [["88013322", "mobile"]], { do_not_call: true }),
  person("dayana", "Dayana Vindas Mora", "Hotel Bahía Azul", [["26530098", "work"]], { fields: { Plan: "Hotelería" } }),
  person("esteban", "Esteban Ulate", "", [["60027719", "mobile"]]),
  person("karla", "Karla Jiménez Brenes", "Lácteos Turrialba", [["25561188", "work"], ["89905531", "mobile"]]),
  person("luis", "Luis Diego Marín", "Constructora Pacífico", [["27771203", "work"]]),
  person("sofia", "Sofía Araya", "Librería Lehmann", [["22231200", "work"]]),
];

const byId = new Map(people.map((contact) => [contact.id, contact]));

const level = (code: string, name: string, under: string | null, more: Partial<Disposition> = {}): Disposition => ({
  code,
  name,
  under,
  requires: [],
  actions: [],
  ...more,
});

/** What can come of a call. */
export const dispositions: Disposition[] = [
  level("venta", "Venta", null),
  level("venta-nueva", "Nueva", "venta", { requires: ["comment", "charge"] }),
  level("venta-renovacion", "Renovación", "venta"),
  level("soporte", "Soporte", null),
  level("soporte-resuelto", "Resuelto", "soporte", { requires: ["comment"] }),
  level("soporte-escalado", "Escalado", "soporte", { requires: ["follow_up"] }),
  level("cobro", "Cobro", null),
  level("promesa", "Promesa de pago", "cobro", { requires: ["follow_up"] }),
  level("informacion", "Información", null),
  level("no-interesa", "No le interesa", null),
  level("equivocado", "Número equivocado", null),
];

/** The levels of a disposition, as a result keeps them. */
export function levels(code: string | null): { code: string; name: string }[] {
  const found = dispositions.find((one) => one.code === code);
  return found ? [...levels(found.under), { code: found.code, name: found.name }] : [];
}

interface Told {
  /** Seconds ago. */
  at: number;
  who: string | null;
  number: string;
  way: "in" | "out";
  /** Seconds in conversation; 0 for nobody answered; nothing while it goes on. */
  talked?: number;
  rings?: boolean;
  /** The vendor has not said yet who it is. */
  notYet?: boolean;
  line?: string;
  disposition?: string;
  comment?: string;
  draft?: boolean;
  records?: OutboxState[];
}

const today: Told[] = [
  { at: 96, who: "ana", number: "88884787", way: "in" },
  { at: 9 * MINUTE, who: "marco", number: "87120045", way: "in", talked: 247, comment: "Pide otra unidad para el viernes; ver si hay en", draft: true },
  { at: 17 * MINUTE, who: null, number: "70459921", way: "in", talked: 0 },
  { at: 24 * MINUTE, who: "rebeca", number: "22904410", way: "out", talked: 132, disposition: "soporte-resuelto", comment: "Se reinició el equipo y quedó funcionando.", records: ["waiting"] },
  { at: 31 * MINUTE, who: "muni", number: "24415000", way: "in", talked: 612, line: "8373457", disposition: "informacion", comment: "Consulta por el cartel de la licitación 2026-14.", records: ["done"] },
  { at: 38 * MINUTE, who: "jorge", number: "88013322", way: "in", talked: 0, line: "8373457" },
  { at: 52 * MINUTE, who: "dayana", number: "26530098", way: "out", talked: 0 },
  { at: 58 * MINUTE, who: "dayana", number: "26530098", way: "in", talked: 418, disposition: "venta-nueva", comment: "Contrata el plan para doce habitaciones.", records: ["parked", "done"] },
  { at: 71 * MINUTE, who: null, number: "61118204", way: "in", talked: 54 },
  { at: 80 * MINUTE, who: "karla", number: "25561188", way: "out", talked: 301, disposition: "promesa", comment: "Paga el lunes por la mañana.", records: ["done", "done"] },
  { at: 88 * MINUTE, who: null, number: "", way: "in", talked: 33, disposition: "equivocado", records: ["done"] },
  { at: 97 * MINUTE, who: "luis", number: "27771203", way: "in", talked: 187, line: "8373457", disposition: "soporte-escalado", comment: "No recibe llamadas desde ayer.", records: ["done"] },
  { at: 109 * MINUTE, who: "sofia", number: "22231200", way: "in", talked: 75, disposition: "informacion", records: ["done"] },
  { at: 118 * MINUTE, who: "esteban", number: "60027719", way: "out", talked: 148, disposition: "no-interesa", records: ["done"] },
  { at: 131 * MINUTE, who: "karla", number: "89905531", way: "in", talked: 0 },
  { at: 140 * MINUTE, who: "ana", number: "24561200", way: "in", talked: 402, disposition: "venta-renovacion", comment: "Renueva por un año.", records: ["done"] },
  { at: 152 * MINUTE, who: "marco", number: "87120045", way: "out", talked: 66, disposition: "informacion", records: ["done"] },
];

const before: Told[] = [
  { at: DAY + 40 * MINUTE, who: "ana", number: "88884787", way: "in", talked: 251, disposition: "soporte-resuelto", comment: "La factura de octubre salía doble.", records: ["done"] },
  { at: DAY + HOUR, who: "rebeca", number: "83017755", way: "in", talked: 95 },
  { at: DAY + 2 * HOUR, who: "luis", number: "27771203", way: "out", talked: 0 },
];

/** So many calls of one day, for the width of lists. */
export function crowd(count: number): CallRow[] {
  return returned(
    Array.from({ length: count }, (_, place) => {
      const told = today[(place % (today.length - 1)) + 1]!;
      return rowOf({ ...told, at: 60 + place * 8 }, `c${place}`);
    }),
  );
}

/** A call of somebody whom the vendor has not named yet. */
const nameless: Told = { at: 4, who: null, number: "", way: "in", rings: true, notYet: true };

/** The calls of these days, the newest first; and before them one that rings with nobody knows whom. */
export function calls(live: boolean, notYet = false): CallRow[] {
  const told = [...(live ? today : today.slice(1)), ...before].map((one, place) => rowOf(one, String(9000 - place)));
  return returned(notYet ? [rowOf(nameless, "9001"), ...told] : told);
}

/** Missed calls with when somebody talked to the caller afterwards, by the engine's rule. */
function returned(rows: CallRow[]): CallRow[] {
  const number = ({ call: { party } }: CallRow) => (party.kind === "number" ? party.number.e164 : null);
  return rows.map((missed) => {
    const { call } = missed;
    if (call.direction !== "in" || call.state !== "ended" || call.connected_at !== null) {
      return missed;
    }
    const same = (row: CallRow) =>
      (number(missed) !== null && number(missed) === number(row)) || (missed.contact !== null && missed.contact === row.contact);
    const talked = rows.filter(same).flatMap((row) => row.call.connected_at ?? []);
    return { ...missed, returned_at: talked.filter((at) => at > call.detected_at).toSorted()[0] ?? null };
  });
}

function rowOf(told: Told, id: string): CallRow {
  const contact = told.who ? byId.get(told.who) : undefined;
  const line = told.line ?? "8373456";
  const over = told.talked !== undefined;
  const call: Call = {
    key: `callmyway:principal:${id}`,
    endpoint: line,
    direction: told.way,
    party: told.number
      ? { kind: "number", number: { raw: told.number, e164: `+506${told.number}` } }
      : { kind: told.notYet ? "not_known_yet" : "withheld" },
    state: over ? "ended" : told.rings ? "ringing" : "connected",
    detected_at: ago(told.at),
    connected_at: told.talked === 0 || told.rings ? null : ago(told.at - 6),
    ended_at: over ? ago(told.at - 6 - (told.talked ?? 0)) : null,
    dial: null,
    legs: [],
  };
  const written_result = told.disposition !== undefined || told.draft === true;
  return {
    call,
    line: LINES[line] ?? line,
    number_written: told.number && written(told.number),
    dial: told.number ? `+506${told.number}` : null,
    contact: contact?.id ?? null,
    name: contact ? contact.name || contact.company : "",
    company: contact?.name ? contact.company : "",
    duration_s: told.talked ?? null,
    cost: told.way === "out" && told.talked ? "38.50" : null,
    returned_at: null,
    result: written_result
      ? {
          id: `i${id}`,
          state: told.draft ? "draft" : "final",
          disposition: levels(told.disposition ?? null).map((one) => one.name),
          comment: told.comment ?? "",
          change_draft: false,
          waits: told.records?.includes("waiting") ? "crm" : null,
          records: told.records ?? [],
        }
      : null,
  };
}

/** The result of a row, whole. */
export function resultOf(row: CallRow): Interaction | null {
  const brief = row.result;
  const last = brief?.disposition.at(-1);
  return brief
    ? {
        id: brief.id,
        call: row.call.key,
        contact: row.contact,
        agent: "Marta Solano",
        disposition: levels(dispositions.find((one) => one.name === last)?.code ?? null),
        comment: brief.comment,
        fields: {},
        follow_up:
          last === "Promesa de pago" || last === "Escalado"
            ? { at: new Date(Date.now() + 2 * DAY * 1000).toISOString(), whom: null, what: "Llamar para confirmar" }
            : null,
        charges: last === "Nueva" ? [{ id: `${brief.id}-c`, amount: "48500.00", currency: "CRC", concept: "Instalación" }] : [],
        state: brief.state,
        revision: 1,
        created_at: row.call.detected_at,
        updated_at: row.call.ended_at ?? row.call.detected_at,
        final_at: brief.state === "final" ? row.call.ended_at : null,
        change_draft: null,
      }
    : null;
}

/** What is known of a contact: its calls of these days, and older ones up to so many. */
export function summaryOf(contact: Contact, rows: CallRow[], entries: number): ContactSummary {
  const recent: PastEntry[] = rows
    .filter((row) => row.contact === contact.id)
    .map((row) => ({ at: row.call.detected_at, call: row.call, duration_s: row.duration_s, interaction: resultOf(row), returned_at: row.returned_at }));
  const codes = ["informacion", "soporte-resuelto", "venta-renovacion", "promesa"];
  for (let place = 0; recent.length < entries && place < 60; place += 1) {
    const told: Told = {
      at: (3 + place * 4) * DAY + place * 1234,
      who: contact.id,
      number: contact.phones[0]?.number.raw ?? "",
      way: place % 3 === 1 ? "out" : "in",
      talked: place % 5 === 4 ? 0 : 60 + ((place * 97) % 500),
      ...(place % 5 === 4 ? {} : { disposition: codes[place % codes.length]!, comment: "Quedó de enviar los datos por correo.", records: ["done"] as OutboxState[] }),
    };
    const row = rowOf(told, `old-${contact.id}-${place}`);
    recent.push({ at: row.call.detected_at, call: row.call, duration_s: row.duration_s, interaction: resultOf(row), returned_at: row.returned_at });
  }
  return {
    fields: Object.entries(contact.fields).map(([name, value]) => ({ name, value })),
    phones: contact.phones.map((phone) => ({
      written: written(phone.number.raw),
      dial: phone.number.e164 ?? phone.number.raw,
      kind: phone.kind,
    })),
    recent: recent.slice(0, entries),
    charged: contact.id === "ana" ? [{ amount: "125000.00", currency: "CRC" }, { amount: "80.00", currency: "USD" }] : [],
    follow_ups: contact.id === "ana" ? [{ at: ago(2 * HOUR), whom: null, what: "Enviar la factura corregida" }] : [],
  };
}

/** What is on its way to the CRM, what is in its way, and what went. */
export function outbox(rows: CallRow[], language: Language): OutboxRow[] {
  const item = (place: number, kind: RecordKind, state: OutboxState, row: CallRow | undefined, more: Partial<OutboxRow> & { code?: "refused" | "duplicate" | "unreachable" } = {}): OutboxRow => {
    const { code, ...shown } = more;
    return {
      item: {
        id: `0192-${place}`,
        connector: "espocrm",
        kind,
        subject: row?.call.key ?? "",
        order_key: row?.contact ?? "",
        state,
        wanted: 1,
        sent: state === "done" ? 1 : 0,
        attempted: state === "waiting" ? 0 : 1,
        remote_id: state === "done" ? `65f0${place}` : null,
        attempts: state === "parked" ? 3 : 0,
        unsure: 0,
        despite_duplicate: false,
        created_at: row?.call.ended_at ?? ago(600),
        next_at: new Date(Date.now() + 4 * MINUTE * 1000).toISOString(),
        begun_at: null,
        problem: code ? { code, words: state === "parked" ? "field accountId: required" : "", at: ago(300) } : null,
      },
      about: row ? row.name || row.number_written : "",
      call: row?.call.key ?? null,
      contact: row?.contact ?? null,
      waits: state === "waiting" || state === "sending" ? (code ? "crm" : "turn") : null,
      url: state === "done" ? `https://crm.cafetal.example/#Call/view/65f0${place}` : null,
      what: code ? words(language, code === "unreachable" ? "error.crm.unreachable.what" : `error.${code}.what`) : "",
      what_to_do: code ? words(language, code === "unreachable" ? "error.crm.unreachable.do" : `error.${code}.do`) : "",
      ...shown,
    };
  };
  const of = (who: string) => rows.find((row) => row.contact === who && row.result?.state === "final");
  return [
    item(1, "charge", "parked", of("dayana"), { code: "refused" }),
    item(2, "contact", "parked", of("esteban"), { code: "duplicate" }),
    item(3, "call", "waiting", of("rebeca"), { code: "unreachable" }),
    item(4, "follow_up", "waiting", of("rebeca")),
    item(5, "call", "done", of("dayana")),
    item(6, "call", "done", of("muni")),
    item(7, "follow_up", "done", of("karla")),
    item(8, "call", "done", of("karla")),
    item(9, "call", "done", of("luis")),
  ];
}

/** What a window must know before it shows anything. */
export function hello(language: Language): Hello {
  const popup = { incoming: true, outgoing: true, on_ring: true, on_answer: true };
  return {
    language,
    platform: "linux",
    version: "0.1.0",
    set_up: true,
    trouble: null,
    dispositions: { all: dispositions },
    result_fields: ["pedido"],
    identities: [
      { label: "Ventas", account: "principal", endpoint: "8373456", withheld: false },
      { label: "Soporte", account: "principal", endpoint: "8373457", withheld: false },
      { label: "Sin número", account: "principal", endpoint: "8373458", withheld: true },
    ],
    currency: "CRC",
    country: "CR",
    has_crm: true,
    preferences: {
      language,
      popup,
      place: { corner: "bottom-right", screen: { kind: "primary" } },
      do_not_disturb: null,
      identity: "Ventas",
      hotkeys: { dial: "CommandOrControl+Shift+D", popup: "CommandOrControl+Shift+Space", dial_selection: "" },
      notices: { missed: true, dial_failed: true, parked: true, provider: true, crm: true },
      autostart: true,
      told_no_tray: false,
    },
    popup,
  };
}
