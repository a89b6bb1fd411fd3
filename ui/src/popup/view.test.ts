import { describe, expect, test } from "vitest";

import { bootstrap } from "../host/fake/world";
import { samples } from "../host/fake/popup";
import { view } from "./view";

const of = (name: string) => view(bootstrap("es"), samples[name]!, false);

describe("each kind of match", () => {
  test("one contact: the name is the title, and how sure we are stands in words", () => {
    expect(of("one")).toMatchObject({
      signal: "ringing-in",
      direction: "Llamada entrante",
      line: "línea Ventas",
      state: "suena",
      title: "Ana Lucía Fernández",
      company: "Cafetalera del Valle S.A.",
      number: "8888 4787",
      certainty: "sure",
      match: "Un contacto con este número",
    });
  });

  test("another form of the number: that is said, and so is that the contact does not want to be called", () => {
    expect(of("otherform")).toMatchObject({
      certainty: "sure",
      match: "Otra forma del mismo número",
      warning: "No quiere que lo llamen",
    });
    expect(of("one").warning).toBe("");
  });

  test("several contacts: nobody is named as the caller, all are listed", () => {
    const several = of("several");
    expect(several).toMatchObject({ title: "¿Quién llama?", certainty: "choice", match: "4 contactos con este número" });
    expect(several.rows.map((row) => row.name)).toEqual([
      "Ana Lucía Fernández",
      "Marco Rojas",
      "Transportes Rojas",
      "Recepción",
    ]);
  });

  test("maybe: says how many more there are, and lists nobody", () => {
    expect(of("maybe")).toMatchObject({ signal: "ringing-out", certainty: "maybe", rows: [] });
    expect(of("maybe").match).toContain("3");
  });

  test("nobody: the number is the title and stands once", () => {
    expect(of("unknown")).toMatchObject({ title: "7045 9921", number: "", certainty: "nobody" });
  });

  test("withheld: the title says so, and there is no number", () => {
    expect(of("withheld")).toMatchObject({ title: "Número oculto", number: "", match: "" });
  });

  test("not known yet: neither withheld nor nobody, and there is no number", () => {
    expect(of("not_known_yet")).toMatchObject({ title: "Aún no se sabe quién llama", number: "", certainty: "not_yet" });
  });

  test("dialled: the contact who was dialled", () => {
    expect(of("dialled")).toMatchObject({ title: "Ana Lucía Fernández", match: "El contacto que usted marcó" });
  });

  test("a company without a named person stands under its own name, once", () => {
    expect(of("company")).toMatchObject({ title: "Municipalidad de Alajuela", company: "" });
  });

  test("a contact with neither name nor company stands under the number, once", () => {
    const card = samples.one!;
    const nameless = { ...card, contact: { ...(card as { contact: object }).contact, name: " ", company: "\u200b", emails: [] } };
    expect(view(bootstrap("en"), nameless as typeof card, false)).toMatchObject({ title: "8888 4787", number: "" });
  });
});

test("strangers' texts are plain, and a place in them is not filled", () => {
  const { title } = of("hostile");
  expect(title).toContain("<b>Juan</b> {count}");
  expect(title).not.toMatch(/[\u202e\n]/);
});

test("every language has words for every card", () => {
  for (const language of ["es", "en", "pt"] as const) {
    for (const card of Object.values(samples)) {
      expect(JSON.stringify(view(bootstrap(language), card, false))).not.toMatch(/undefined|popup\.|match\.|state\./);
    }
  }
});
