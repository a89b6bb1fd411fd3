import { expect, test } from "vitest";

import type { PastEntry } from "../bindings/PastEntry";
import { interaction } from "../host/fake/made";
import { anasSummary, ago, call, bootstrap } from "../host/fake/world";
import { contactSummaryView } from "./contactSummary";

const NOW = Date.now();
/** What came of a call of a minute ago that nobody answered. */
const past = (levels: string[], comment: string): PastEntry => ({
  at: ago(60),
  call: { ...call, direction: "out", state: "ended", detected_at: ago(60), connected_at: null, ended_at: ago(40) },
  duration_s: null,
  returned_at: null,
  interaction: levels.length === 0 ? null : interaction({ disposition: levels.map((name) => ({ code: name, name })), comment, state: "final" }),
});
const shown = { dial: "+50688884787", company: "Cafetalera del Valle S.A." };
const of = (more: Partial<typeof anasSummary>, language: "es" | "en" | "pt" = "es") =>
  contactSummaryView(bootstrap(language), { ...anasSummary, ...more }, NOW, shown);
const gaps = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

test("the last three: when, how long, what came of it, and the words", () => {
  const { recent } = of({});
  expect(recent).toHaveLength(3);
  expect(recent[0]).toMatchObject({ signal: "missed", duration: "", result: "perdida", comment: "" });
  expect(recent[1]).toMatchObject({ signal: "ended", duration: "4:07", result: "Interesado, llamar luego" });
  expect(recent[2]).toMatchObject({ duration: "10:12", result: "Factura" });
  expect(recent[2]?.hint).toContain("Reclamo › Factura · Factura 8812");
});

test("a call of ours that nobody answered, and a result without a call", () => {
  const unanswered = past([], "");
  const noted = { ...past(["Cobro"], "pagó"), call: null };
  expect(of({ recent: [unanswered, noted] }).recent).toMatchObject([
    { signal: "failed", result: "sin respuesta" },
    { signal: null, result: "Cobro", comment: "pagó" },
  ]);
});

test("what is overdue says so, what is to come says when", () => {
  const ahead = { at: ago(-3 * 86_400), whom: "Diego Vargas", what: "Confirmar instalación" };
  const [due, later] = of({ follow_ups: [...anasSummary.follow_ups, ahead] }, "en").followUps;
  expect(due).toMatchObject({ due: true, what: "Enviar cotización del plan 500" });
  expect(due?.when).toMatch(/^was due /);
  expect(later).toMatchObject({ due: false, what: "Confirmar instalación" });
  expect(later?.hint).toContain("Diego Vargas");
});

test("charges by currency, exactly; none are no words", () => {
  expect(gaps(of({}).charged)).toBe("₡15 000 + USD 35,50 en cargos");
  expect(of({ charged: [] }).charged).toBe("");
});

test("what stands above already is not said twice", () => {
  const { phones, fields } = of({
    fields: [
      { name: "company", value: "Cafetalera del Valle S.A." },
      { name: "email", value: "a@b.example" },
    ],
  });
  expect(phones.map(({ written }) => written)).toEqual(["2442 1180", "2441 9032"]);
  expect(fields).toEqual([{ name: "correo", value: "a@b.example", wide: false }]);
});
