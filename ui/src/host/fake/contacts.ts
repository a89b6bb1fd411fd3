// What becomes of a contact when it is edited, by the engine's rules.

import type { Contact } from "../../bindings/Contact";
import type { ContactEdit } from "../../bindings/ContactEdit";
import type { ErrorCode } from "../../bindings/ErrorCode";
import type { Refusal } from "../../bindings/Refusal";

const refusal = (code: ErrorCode, place: string): Refusal => ({ code, place, what: "No se puede.", what_to_do: "", detail: code });

/** A contact after an edit. Throws a refusal with the place that can't be. */
export function edited(contact: Contact, edit: ContactEdit): Contact {
  const name = (edit.name ?? contact.name).trim();
  const company = (edit.company ?? contact.company).trim();
  const phones = edit.phones?.map(([text, kind], n) => {
    const known = contact.phones.find(({ number }) => number.raw === text || number.e164 === text);
    const digits = text.replace(/\D/g, "");
    if (!known && digits.length < 3) {
      throw refusal("bad_number", `phone ${n + 1}`);
    }
    return known ? { ...known, kind } : { number: { raw: text, e164: text.startsWith("+") ? `+${digits}` : `+506${digits}` }, kind, source: null };
  });
  const emails = edit.emails?.map((email) => email.trim()).filter(Boolean);
  const bad = emails?.findIndex((email) => !email.includes("@") || email.includes(" ")) ?? -1;
  if (bad >= 0) {
    throw refusal("bad_request", `email ${bad + 1}`);
  }
  if (!name && !company) {
    throw refusal("bad_request", "name");
  }
  return { ...contact, name, company, phones: phones ?? contact.phones, emails: emails ?? contact.emails };
}
