import { expect, test } from "vitest";

import type { CallRow } from "../bindings/CallRow";
import { bootstrap, world } from "../host/fake/world";
import { byUrgency, isOpen, passes, rowView, searched } from "./row";

const rows = world.calls;
const [live, draft, missed] = rows as [CallRow, CallRow, CallRow];
const now = Date.now();
const view = (row: CallRow) => rowView(bootstrap("es"), row, now);

test("a call that goes on has a timer, one that is over its duration, a missed one neither", () => {
  expect(view(live)).toMatchObject({ course: "talking", live: true, duration: "1:30", record: "none" });
  expect(view(draft)).toMatchObject({ course: "in", live: false, duration: "4:07", record: "draft" });
  expect(view(missed)).toMatchObject({ course: "missed", duration: "", record: "none" });
});

test("a missed call that was returned is not missed any more, and says when it was returned", () => {
  const at = new Date(2026, 10, 21, 10, 42).toISOString();
  const returned = { ...missed, returned_at: at };
  expect(view(returned)).toMatchObject({ course: "returned", courseWord: "perdida · devuelta 10:42" });
  expect([missed, returned].map((row) => passes("missed", row))).toEqual([true, false]);
});

test("what a record waits for is said as it is", () => {
  const waits = (waits: "call_ends" | "crm" | "turn") =>
    view({ ...draft, result: { ...draft.result!, state: "final", records: ["waiting"], waits } }).recordWord;
  expect([waits("call_ends"), waits("crm"), waits("turn")]).toEqual(["se envía al terminar la llamada", "espera al CRM", "enviándose"]);
});

test("a row without a contact shows the number, and without a number that it was withheld", () => {
  expect(view(missed).name).toBe("7045 9921");
  const withheld = rows.find((row) => row.call.party.kind === "withheld")!;
  expect(view(withheld).name).toBe("Número oculto");
});

test("what needs a person is told before what waits and what is there", () => {
  const result = { ...draft.result!, state: "final" as const };
  const record = (...records: NonNullable<CallRow["result"]>["records"]) =>
    rowView(bootstrap("es"), { ...draft, result: { ...result, records } }, now).record;
  expect(record("done", "parked", "waiting")).toBe("needs_you");
  expect(record("done", "waiting")).toBe("waiting");
  expect(record("done")).toBe("sent");
  expect(record()).toBe("kept");
  expect(rowView({ ...bootstrap("es"), has_crm: false }, { ...draft, result: { ...result, records: [] } }, now).record).toBe("kept");
});

test("only an answered call that is over asks for a result", () => {
  expect([live, draft, missed].map(isOpen)).toEqual([false, true, false]);
  expect(rows.filter((row) => passes("missed", row)).every((row) => row.call.direction === "in")).toBe(true);
});

test("calls that go on stand first, whatever the time", () => {
  const later = { ...missed, call: { ...missed.call, detected_at: new Date(now + 1000).toISOString() } };
  expect([missed, later, live].toSorted(byUrgency)).toEqual([live, later, missed]);
});

test("a stranger's text can't change how a row reads", () => {
  const hostile = view({ ...draft, name: "<b>Juan</b>\u202egnp\n\tPérez" });
  expect(hostile.name).toBe("<b>Juan</b>gnp Pérez");
  expect(searched({ ...draft, name: "Jose\u0301 \u202eX" }).words).toContain("jose x");
});
