// What no story brings: things half made, too many of them, and what a stranger with bad intentions would write. Not shipped.

import type { Contact } from "../../bindings/Contact";
import type { ContactSummary } from "../../bindings/ContactSummary";
import type { Disposition } from "../../bindings/Disposition";
import type { Interaction } from "../../bindings/Interaction";
import { ago, call, HOUR, world } from "./world";

/** More dispositions than there are number keys. */
export const manyDispositions: Disposition[] = [
  ...world.bootstrap.dispositions.all,
  ...["Cobro", "Cita médica", "Garantía", "Devolución", "Encuesta", "Traslado", "Felicitación"].map((name) => ({
    code: name.toLowerCase(),
    name,
    under: null,
    requires: [],
    actions: [],
  })),
];

/** A new contact without telephones, named after itself. */
export const contact = (name: string, company: string): Contact => ({
  id: `contact:${name || company}`,
  name,
  company,
  phones: [],
  emails: [],
  owner: null,
  do_not_call: false,
  fields: {},
  typed: [],
  origin: null,
  last_used_at: null,
});

/** Markup, a mark that turns the writing direction, a place of the catalogue's, and far too much of all. */
export const hostile: Contact = contact("<b>Juan</b>\u202e {count} \n".repeat(12), "<img src=x onerror=alert(1)>".repeat(8));

/** What is known of somebody who never called before. */
export const freshSummary: ContactSummary = { fields: [], phones: [], recent: [], charged: [], follow_ups: [] };

/** A result, empty but for what is said. */
export const interaction = (more: Partial<Interaction> = {}): Interaction => ({
  id: "0199-1",
  call: call.key,
  contact: null,
  agent: "Marta Solano",
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
});
