import { expect, test } from "vitest";

import { manyDispositions } from "../host/fake/made";
import { world } from "../host/fake/world";
import { actions, children, filtered, isLast, path, requirements } from "./dispositions";

const { all } = world.bootstrap.dispositions;

const codes = (list: { code: string }[]) => list.map(({ code }) => code);

test("only the last levels can be chosen", () => {
  expect(codes(children(all, "venta"))).toEqual(["venta.nueva", "venta.renovacion", "venta.ampliacion"]);
  expect(isLast(all, "venta.nueva")).toBe(false);
  expect(isLast(all, "venta.nueva.contado")).toBe(true);
});

test("a disposition needs what it and all above it ask for, and itself", () => {
  expect(codes(path(all, "venta.nueva.credito"))).toEqual(["venta", "venta.nueva", "venta.nueva.credito"]);
  expect(requirements(all, "venta.nueva.credito")).toEqual(["disposition", "field:pedido", "charge", "comment"]);
  expect(requirements(all, null)).toEqual(["disposition"]);
  expect(requirements([], null)).toEqual([]);
  expect(actions(all, "no_llamar")).toEqual(["do_not_call", "note"]);
});

test("a code the catalogue does not have has no path, and a ring of levels ends", () => {
  expect(path(all, "gone")).toEqual([]);
  const ring = [
    { ...all[0]!, code: "a", under: "b" },
    { ...all[0]!, code: "b", under: "a" },
  ];
  expect(codes(path(ring, "a"))).toEqual(["b", "a"]);
});

test("what is typed finds the beginnings of words, whatever their accents, the first word first", () => {
  const names = (typed: string) => filtered(children(manyDispositions, null), typed).map(({ name }) => name);
  expect(names("TEC")).toEqual(["Visita técnica"]);
  expect(names("ci")).toEqual(["Cita médica"]);
  expect(names("ll")).toEqual(["Interesado, llamar luego", "No llamar más"]);
  expect(names("no")).toEqual(["No contesta", "No llamar más"]);
  expect(names("(")).toEqual([]);
  expect(names(" ")).toHaveLength(15);
});
