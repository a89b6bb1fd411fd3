import { expect, test } from "vitest";

import { fits, Listing } from "./listing.svelte";

const listing = (...rows: string[]) => {
  const made = new Listing<string>(
    (row) => row,
    (row, filter) => fits(filter, row, ""),
  );
  made.fill(rows);
  return made;
};

test("arrows, pages, home and end move the selection and stop at the ends", () => {
  const list = listing("a", "b", "c", "d", "e");
  const after = (key: string) => {
    list.press(key, 3);
    return list.selected;
  };
  expect(["ArrowDown", "ArrowDown", "PageDown", "ArrowDown", "PageUp", "Home", "ArrowUp", "End"].map(after)).toEqual(
    ["a", "b", "e", "e", "b", "a", "a", "e"],
  );
  expect(list.press("x", 3)).toBe(false);
});

test("the selection stays on its row when newer rows come above it", () => {
  const list = listing("b", "c");
  list.selected = "c";
  list.fill(["a", "b", "c"]);
  expect(list.current).toBe("c");
  list.press("ArrowUp", 3);
  expect(list.selected).toBe("b");
});

test("a row that is gone is not shown as selected, and the next key goes on where it stood", () => {
  const list = listing("a", "b", "c");
  list.selected = "b";
  list.fill(["a", "c"]);
  expect(list.current).toBeNull();
  list.press("ArrowDown", 3);
  expect(list.selected).toBe("c");
  list.fill(["a"]);
  list.press("ArrowUp", 3);
  expect(list.selected).toBe("a");
});

test("an empty list takes keys without selecting anything", () => {
  const list = listing();
  list.press("ArrowDown", 3);
  list.press("End", 3);
  expect(list.selected).toBeNull();
});

test("a filter finds words in any order without accents, and numbers however they are grouped", () => {
  expect(fits("jimenez karla", "Karla Jiménez Brenes", "")).toBe(true);
  expect(fits("karla rojas", "Karla Jiménez Brenes", "")).toBe(false);
  expect(fits("8888-4", "Ana", "50688884787")).toBe(true);
  expect(fits("88 88 47", "Ana", "50688884787")).toBe(true);
  expect(fits("9999", "Ana", "50688884787")).toBe(false);
  expect(fits("14", "Cartel 2026-14", "")).toBe(true);
  expect(fits("  ", "Ana", "")).toBe(true);
});
