import { expect, test } from "vitest";

import type { Contact } from "../bindings/Contact";
import type { ContactEdit } from "../bindings/ContactEdit";
import { edited } from "../host/fake/contacts";
import { ana } from "../host/fake/world";
import { type TextKey, text } from "../texts";
import { ContactEditor } from "./editor.svelte";

const say = (key: TextKey, values?: Record<string, string | number>) => text("es", key, values);
const shown = ana.phones.map(({ number, kind }) => ({ written: `escrito ${number.raw}`, dial: number.raw, kind }));

function open(): { editor: ContactEditor; sent: ContactEdit[]; now: () => Contact } {
  const sent: ContactEdit[] = [];
  let contact = ana;
  const editor = new ContactEditor(ana, shown, async (edit) => {
    sent.push(edit);
    contact = edited(contact, edit);
  });
  return { editor, sent, now: () => contact };
}

test("only what was changed is sent, and numbers that nobody touched go back as they came", async () => {
  const { editor, sent, now } = open();
  expect(editor.touched).toBe(false);
  expect(await editor.save(say)).toBe(true);
  expect(sent).toEqual([]);
  editor.name = "Ana María";
  expect(await editor.save(say)).toBe(true);
  expect(sent[0]).toMatchObject({ name: "Ana María", company: null, phones: null, emails: null });
  editor.addPhone();
  editor.phones.at(-1)!.text = "7000 1122";
  editor.phones.at(-1)!.kind = "home";
  await editor.save(say);
  const asTheyCame = ana.phones.map(({ number, kind }) => [number.e164 ?? number.raw, kind]);
  expect(sent[1]!.phones).toEqual([...asTheyCame, ["7000 1122", "home"]]);
  expect(now().phones.slice(0, ana.phones.length)).toEqual(ana.phones);
});

test("a number is replaced, another kind is given, one is taken away, an empty row is none", async () => {
  const { editor, sent } = open();
  editor.phones[0]!.text = "8888 0000";
  editor.addPhone();
  editor.phones.slice(1, -1).forEach((row) => editor.removePhone(row));
  editor.phones[0]!.kind = "work";
  await editor.save(say);
  expect(sent[0]!.phones).toEqual([["8888 0000", "work"]]);
});

test("what can't be stands at its row on the screen, and stays typed", async () => {
  const { editor } = open();
  editor.addPhone();
  editor.addPhone();
  editor.phones.at(-1)!.text = "x";
  expect(await editor.save(say)).toBe(false);
  expect(editor.fault).toEqual({ place: `phone ${ana.phones.length + 2}`, words: say("contact.fault.phone") });
  expect(editor.phones.at(-1)!.text).toBe("x");
  editor.removePhone(editor.phones.at(-1)!);
  editor.addEmail();
  editor.emails[editor.emails.length - 1] = "ana en casa";
  expect(await editor.save(say)).toBe(false);
  expect(editor.fault?.place).toBe(`email ${editor.emails.length}`);
  editor.emails = [];
  editor.name = " ";
  editor.company = "";
  expect(await editor.save(say)).toBe(false);
  expect(editor.fault?.place).toBe("name");
});
