import { expect, test } from "vitest";

import { hasDoubles, hasHalves, isOn, lineOf, linesOf, rowsOf, tableOf } from "./values";

const values = { username: "8373456", full_account: true, numbers: ["1", "2"], popups: { Marta: "m-1", Diego: "d-1" } };

test("a field shows what is of its kind, and nothing of another kind", () => {
  expect([lineOf(values, "username"), lineOf(values, "numbers"), lineOf(values, "none")]).toEqual(["8373456", "", ""]);
  expect([linesOf(values, "numbers"), linesOf(values, "username")]).toEqual([["1", "2"], []]);
  expect(rowsOf(values, "popups")).toEqual([{ name: "Marta", value: "m-1" }, { name: "Diego", value: "d-1" }]);
  expect([rowsOf(values, "numbers"), rowsOf(values, "username"), rowsOf(values, "none")]).toEqual([[], [], []]);
});

test("a switch that was left alone is as it is assumed", () => {
  const on = (name: string, assumed: string) => isOn(values, { name, assumed });
  expect([on("full_account", ""), on("other", ""), on("other", "true")]).toEqual([true, false, true]);
});

test("a table takes its rows without the spaces around them, and empty rows not at all", () => {
  expect(tableOf([{ name: " Marta ", value: " m-1" }, { name: "", value: " " }])).toEqual({ Marta: "m-1" });
});

test("a row that lacks its name or its value, and two of one name, are found; an empty row is neither", () => {
  const marta = { name: "Marta", value: "m-1" };
  const empty = { name: " ", value: "" };
  expect([hasHalves([marta, empty]), hasHalves([marta, { name: "Diego", value: "" }]), hasHalves([{ name: "", value: "x" }])]).toEqual([false, true, true]);
  expect([hasDoubles([marta, empty, empty]), hasDoubles([marta, { name: "Marta ", value: "m-2" }])]).toEqual([false, true]);
});
