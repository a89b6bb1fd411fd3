// The steps of a CRM's trial, in words. The connector's file names them by its sections.

import type { Language } from "../../bindings/Language";
import type { TestStep } from "../../host/setup";
import { plain } from "../../kit/plain";
import { type TextKey, text } from "../../texts";

const NAMED: Record<string, TextKey> = {
  "sign_in.probe": "setup.trial.sign_in.probe",
  "sign_in.user": "setup.trial.sign_in.user",
  "contacts.pull": "setup.trial.contacts.pull",
  "contacts.fetch": "setup.trial.contacts.fetch",
  "contacts.find": "setup.trial.contacts.find",
};
const KINDS: Record<string, TextKey> = {
  contact: "outbox.kind.contact",
  call: "outbox.kind.call",
  follow_up: "outbox.kind.follow_up",
  charge: "outbox.kind.charge",
  note: "outbox.kind.note",
};

/** What was tried; the section's own name where there are no words for it. */
export function stepWords(language: Language, { step }: TestStep): string {
  const known = NAMED[step];
  if (known) {
    return text(language, known);
  }
  const kind = KINDS[/^records\.(\w+)\.search$/.exec(step)?.[1] ?? ""];
  return kind ? text(language, "setup.trial.records", { kind: text(language, kind) }) : plain(step);
}

/** The one fact of a step that a person wants to see: who we are there. */
export function stepFact({ step, read }: TestStep): string {
  const name = step.startsWith("sign_in") ? read.find((line) => line.startsWith("name: ")) : undefined;
  return name ? plain(name.slice("name: ".length)) : "";
}
