import { expect, test } from "vitest";

import { plain } from "./plain";

test("a name is left as it is", () => {
  for (const name of ["María José Ñandú", "O'Neill & Søns <b>", "田中さん", "می‌خواهم", "Ana 👩‍💻"]) {
    expect(plain(name)).toBe(name);
  }
});

test("overrides of the reading direction are gone", () => {
  expect(plain("\u202eknab\u202c \u2066ok\u2069\u200f")).toBe("knab ok");
});

test("controls and unseen characters are gone, line ends are gaps", () => {
  expect(plain("a\u0000b\u001b[31m\r\nc\u2028d\u200be\ufeff\u{e0041}")).toBe("ab[31m c de");
});

test("piled accents end at four", () => {
  expect(plain(`e${"\u0301".repeat(40)}`)).toHaveLength(5);
});
