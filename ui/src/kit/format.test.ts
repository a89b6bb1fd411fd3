import { describe, expect, test } from "vitest";

import { appointment, clock, day, decimal, duration, localeOf, moment, money, readDecimal } from "./format";

/** Intl writes gaps of several kinds. */
const gaps = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");
const at = (text: string) => new Date(text).getTime();
const NOW = at("2026-11-21T12:00:00");

test("the rules are the language's as the country uses it", () => {
  expect(localeOf({ language: "es", country: "CR" })).toBe("es-CR");
  expect(localeOf({ language: "pt", country: "??" })).toBe("pt");
});

test("durations read as on a telephone, whatever the clocks say", () => {
  expect([-5000, 999, 7000, 247_000, 3_723_000].map(duration)).toEqual(["0:00", "0:00", "0:07", "4:07", "1:02:03"]);
});

test("days near today have words, others a date, with the year where it is another", () => {
  expect(day("es-CR", at("2026-11-21T00:01:00"), NOW)).toBe("hoy");
  expect(day("pt-BR", at("2026-11-20T23:59:00"), NOW)).toBe("ontem");
  expect(day("en-US", at("2026-11-22T00:00:00"), NOW)).toBe("tomorrow");
  expect(day("es-CR", at("2026-11-03T10:00:00"), NOW)).toBe("3 nov");
  expect(day("es-CR", at("2025-11-03T10:00:00"), NOW)).toContain("2025");
  expect(moment("en-US", at("2026-11-20T09:05:00"), NOW)).toBe("yesterday 9:05");
  expect(appointment("es-CR", at("2026-11-26T09:00:00"), NOW)).toBe("jue 26 nov 9:00");
  expect(clock(at("2026-11-21T16:30:00"))).toBe("16:30");
});

test("decimals are written exactly, however long", () => {
  expect(gaps(decimal("es-CR", "12345678901234567890.10", 2))).toBe("12 345 678 901 234 567 890,10");
  expect(decimal("en-US", "1234.5")).toBe("1,234.5");
  expect(decimal("pt-BR", "-1234", 2)).toBe("-1.234,00");
  expect(decimal("en-US", "no number")).toBe("no number");
});

test("money has its currency's sign, and cents only where there are any", () => {
  expect(gaps(money("es-CR", "15000", "CRC"))).toBe("₡15 000");
  expect(gaps(money("es-CR", "1250.5", "CRC"))).toBe("₡1 250,50");
  expect(money("en-US", "35.00", "USD")).toBe("$35");
  expect(gaps(money("pt-BR", "1234.56", "BRL"))).toBe("R$ 1.234,56");
  expect(money("en-US", "5", "no currency")).toBe("no currency 5");
});

describe("amounts as people type them", () => {
  test.each([
    // Both signs: the last begins the fraction, in every country.
    ["es-CR", "1.234,50", "1234.50"],
    ["es-CR", "1,234.50", "1234.50"],
    ["en-US", "1.234,50", "1234.50"],
    ["pt-BR", "1.234.567,8", "1234567.8"],
    // Gaps and the currency's sign are nothing.
    ["es-CR", " ₡ 15 000,00 ", "15000.00"],
    ["en-US", "$35", "35"],
    // One sign that can only be one thing.
    ["es-CR", "12,5", "12.5"],
    ["es-CR", "12.5", "12.5"],
    ["en-US", "12,50", "12.50"],
    ["en-US", "1,234,567", "1234567"],
    ["en-US", "0.125", "0.125"],
    ["es-CR", "1250.", "1250"],
    // One sign that could be either: the country's.
    ["pt-BR", "1.500", "1500"],
    ["en-US", "1,500", "1500"],
    ["en-US", "1.500", "1.500"],
    ["es-CR", "1.500", "1500"],
    ["en-US", "007", "7"],
    ["en-US", "-20", "-20"],
  ])("%s %s", (locale, typed, exact) => expect(readDecimal(locale, typed)).toBe(exact));

  test.each(["", "abc", "12a", "1.2.3,4,5", "1,23,456", ",", "--1", "1e5", "1.23.456,5"])("%s is none", (typed) =>
    expect(readDecimal("es-CR", typed)).toBeNull(),
  );
});
