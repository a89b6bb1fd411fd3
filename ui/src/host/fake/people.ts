// Made-up people, calls and settings for work on the looks and for tests. Not part of what is shipped.

import type { Call } from "../../bindings/Call";
import type { Contact } from "../../bindings/Contact";
import type { Disposition } from "../../bindings/Disposition";
import type { ContactSummary } from "../../bindings/ContactSummary";
import type { Hello } from "../../bindings/Hello";
import type { Interaction } from "../../bindings/Interaction";
import type { Language } from "../../bindings/Language";
import type { PastEntry } from "../../bindings/PastEntry";
import type { PhoneKind } from "../../bindings/PhoneKind";
import type { ShownPhone } from "../../bindings/ShownPhone";

/** Seconds before now (after it, below zero), in UTC. */
export const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

const disposition = (code: string, name: string, more: Partial<Disposition> = {}): Disposition => ({
  code,
  name,
  under: null,
  requires: [],
  actions: [],
  ...more,
});

/** Three levels, with everything a disposition may ask for and bring about. */
export const dispositions: Disposition[] = [
  disposition("venta", "Venta"),
  disposition("venta.nueva", "Suscripción nueva", { under: "venta", requires: ["field:pedido", "charge"] }),
  disposition("venta.nueva.contado", "De contado", { under: "venta.nueva" }),
  disposition("venta.nueva.credito", "A crédito", { under: "venta.nueva", requires: ["comment"] }),
  disposition("venta.renovacion", "Renovación", { under: "venta", requires: ["field:pedido"] }),
  disposition("venta.ampliacion", "Ampliación", { under: "venta" }),
  disposition("interesado", "Interesado, llamar luego", { requires: ["follow_up"] }),
  disposition("reclamo", "Reclamo", { requires: ["comment"] }),
  disposition("reclamo.factura", "Factura", { under: "reclamo" }),
  disposition("reclamo.entrega", "Entrega", { under: "reclamo" }),
  disposition("informacion", "Información"),
  disposition("no_contesta", "No contesta", { actions: [{ follow_up: { after_days: 1, what: "Volver a llamar" } }] }),
  disposition("equivocado", "Número equivocado"),
  disposition("visita", "Visita técnica", {
    actions: [{ charge: { id: "", amount: "5000", currency: "CRC", concept: "Visita técnica" } }],
  }),
  disposition("no_llamar", "No llamar más", { requires: ["contact"], actions: ["do_not_call", "note"] }),
];

/** More than there are number keys. */
export const manyDispositions: Disposition[] = [
  ...dispositions,
  ...["Cobro", "Cita médica", "Garantía", "Devolución", "Encuesta", "Traslado", "Felicitación"].map((name) =>
    disposition(name.toLowerCase(), name),
  ),
];

/** What every window is told first. */
export function hello(language: Language, more: Partial<Hello> = {}): Hello {
  return {
    language,
    platform: "linux",
    version: "0.1.0",
    set_up: true,
    trouble: null,
    dispositions: { all: dispositions },
    result_fields: ["pedido", "sucursal"],
    identities: [
      { label: "Ventas", account: "main", endpoint: "8373456", withheld: false },
      { label: "Soporte", account: "main", endpoint: "8373457", withheld: false },
      { label: "Cobros (oculto)", account: "main", endpoint: "8373458", withheld: true },
    ],
    currency: "CRC",
    country: "CR",
    has_crm: true,
    preferences: {
      language: null,
      popup: null,
      place: { corner: "bottom-right", screen: { kind: "primary" } },
      do_not_disturb: null,
      identity: null,
      hotkeys: { dial: "CommandOrControl+Shift+D", popup: "CommandOrControl+Shift+Space", dial_selection: "CommandOrControl+Shift+F9" },
      notices: { missed: true, dial_failed: true, parked: true, provider: true, crm: true },
      autostart: false,
      told_no_tray: false,
    },
    popup: { incoming: true, outgoing: true, on_ring: true, on_answer: true },
    ...more,
  };
}

const phone = (written: string, kind: PhoneKind): ShownPhone => ({
  written,
  dial: `+506${written.replace(/\D/g, "")}`,
  kind,
});

/** A contact, named after itself. */
export function contact(name: string, company: string, phones: ShownPhone[] = [], more: Partial<Contact> = {}): Contact {
  return {
    id: `contact:${name || company}`,
    name,
    company,
    phones: phones.map(({ written, dial, kind }) => ({
      number: { raw: written, e164: dial },
      kind,
      source: null,
    })),
    emails: [],
    owner: null,
    do_not_call: false,
    fields: {},
    typed: [],
    origin: null,
    last_used_at: null,
    ...more,
  };
}

export const anasPhones = [phone("8888 4787", "mobile"), phone("2442 1180", "work"), phone("2441 9032", "home")];

export const ana = contact("Ana Lucía Fernández", "Cafetalera del Valle S.A.", anasPhones, {
  emails: ["ana.fernandez@cafetalera.example"],
  owner: "Diego Vargas",
});
export const marco = contact("Marco Rojas", "Cafetalera del Valle S.A.", [phone("8888 4787", "mobile")]);
export const transport = contact("", "Transportes Rojas", [phone("8888 4787", "work")]);
export const reception = contact("Recepción", "", [phone("2442 1180", "work")]);
export const town = contact("", "Municipalidad de Alajuela", [phone("2436 2300", "work")]);
export const shy = contact("Beatriz Solano", "", [phone("8320 5511", "mobile")], { do_not_call: true });
export const hostile = contact("<b>Juan</b>\u202e {count} \n".repeat(12), "<img src=x onerror=alert(1)>".repeat(8));

/** Whom a search finds. */
export const everybody: Contact[] = [
  ana,
  marco,
  transport,
  reception,
  town,
  shy,
  contact("Carolina Méndez Ureña", "Clínica Santa Fe", [phone("2290 4400", "work")]),
  contact("Esteban Quirós", "Ferretería El Progreso", [phone("8711 2345", "mobile")]),
  contact("Fabiola Araya", "Colegio San José", [phone("2221 0098", "work")]),
  contact("João Pereira", "Café do Vale Ltda.", [phone("6012 7788", "mobile")]),
];

/** A call of Ana's number, ringing. */
export const call: Call = {
  key: "callmyway:main:1",
  endpoint: "8373456",
  direction: "in",
  party: { kind: "number", number: { raw: "88884787", e164: "+50688884787" } },
  state: "ringing",
  detected_at: ago(7),
  connected_at: null,
  ended_at: null,
  dial: null,
  legs: [],
};

/** The states a call may be in. */
export const states: Record<string, Partial<Call>> = {
  ringing: {},
  connected: { state: "connected", connected_at: ago(247) },
  ended: { state: "ended", connected_at: ago(250), ended_at: ago(3) },
  missed: { state: "ended", connected_at: null, ended_at: ago(3) },
};

/** A result, empty but for what is said. */
export function interaction(more: Partial<Interaction> = {}): Interaction {
  return {
    id: "0199-1",
    call: call.key,
    contact: null,
    agent: "Diego",
    disposition: [],
    comment: "",
    fields: {},
    follow_up: null,
    charges: [],
    state: "draft",
    revision: 1,
    created_at: ago(HOUR),
    updated_at: ago(HOUR),
    final_at: null,
    change_draft: null,
    ...more,
  };
}

/** A call of earlier and what came of it. */
export function past(seconds: number, duration_s: number | null, levels: string[], comment: string, out = false): PastEntry {
  const at = ago(seconds);
  return {
    at,
    call: {
      ...call,
      key: `callmyway:main:past-${seconds}`,
      direction: out ? "out" : "in",
      state: "ended",
      detected_at: at,
      connected_at: duration_s === null ? null : at,
      ended_at: ago(seconds - (duration_s ?? 20)),
    },
    duration_s,
    returned_at: null,
    interaction:
      levels.length === 0 && comment === ""
        ? null
        : interaction({
            id: `past-${seconds}`,
            disposition: levels.map((name) => ({ code: name.toLowerCase(), name })),
            comment,
            state: "final",
            final_at: at,
          }),
  };
}

export const anasSummary: ContactSummary = {
  fields: [
    { name: "cedula", value: "2-0456-0789" },
    { name: "plan", value: "Empresarial 300" },
    { name: "owner", value: "Diego Vargas" },
    { name: "email", value: "ana.fernandez@cafetalera.example" },
  ],
  phones: anasPhones,
  recent: [
    past(2 * HOUR, null, [], ""),
    past(DAY + 3 * HOUR, 247, ["Interesado, llamar luego"], "Quiere comparar con el plan de 500; manda la cotización del otro proveedor.", true),
    past(18 * DAY, 612, ["Reclamo", "Factura"], "Factura 8812 duplicada; se hizo nota de crédito."),
    past(62 * DAY, 95, ["Venta", "Renovación"], "Renueva por un año."),
  ],
  charged: [
    { amount: "15000", currency: "CRC" },
    { amount: "35.50", currency: "USD" },
  ],
  follow_ups: [
    { at: ago(26 * HOUR), whom: null, what: "Enviar cotización del plan 500" },
    { at: ago(-3 * DAY), whom: "Diego Vargas", what: "Confirmar instalación" },
  ],
};

/** What is known of somebody who never called before. */
export const freshSummary = (phones: ShownPhone[] = []): ContactSummary => ({
  fields: [],
  phones,
  recent: [],
  charged: [],
  follow_ups: [],
});

export { DAY, HOUR, MINUTE };
