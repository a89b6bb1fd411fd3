import { expect, test } from "vitest";

import { dateSample, quick, readMoment, writtenDate } from "./when";

// A Saturday.
const NOW = new Date("2026-11-21T14:25:40").getTime();
const local = (date: Date | null) =>
  date && new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

test("the usual moments are the agent's own", () => {
  expect(local(quick("hour", NOW))).toBe("2026-11-21T15:25");
  expect(local(quick("tomorrow", NOW))).toBe("2026-11-22T09:00");
  expect(local(quick("three_days", NOW))).toBe("2026-11-24T14:25");
  expect(local(quick("monday", NOW))).toBe("2026-11-23T09:00");
  expect(local(quick("monday", new Date("2026-11-23T08:00:00").getTime()))).toBe("2026-11-30T09:00");
});

test.each([
  ["es-CR", "26/11/2026", "15:30", "2026-11-26T15:30"],
  ["en-US", "11/26/2026", "3:30 pm", "2026-11-26T15:30"],
  ["es-CR", "26-11-26", "9", "2026-11-26T09:00"],
  ["es-CR", "2026-12-01", "", "2026-12-01T09:00"],
  ["pt-BR", "26.11", "12 am", "2026-11-26T00:00"],
  ["es-CR", "", "16h30", "2026-11-21T16:30"],
  // Without a year: the next such day.
  ["es-CR", "5/1", "8:00", "2027-01-05T08:00"],
  ["es-CR", "21/11", "8:00", "2026-11-21T08:00"],
])("%s %s %s", (locale, date, time, expected) => expect(local(readMoment(locale, date, time, NOW))).toBe(expected));

test.each([
  ["", ""],
  ["31/2", "9:00"],
  ["26/11", "25:00"],
  ["26/11", "9:75"],
  ["26/11", "13 pm"],
  ["tomorrow", "9:00"],
  ["11/26", "9:00"],
])("%s %s is no moment", (date, time) => expect(readMoment("es-CR", date, time, NOW)).toBeNull());

test("a date is written as it would be typed", () => {
  for (const locale of ["es-CR", "en-US", "pt-BR", "es-MX"]) {
    const date = new Date("2026-11-26T09:00:00");
    expect(readMoment(locale, writtenDate(locale, date), "9:00", NOW)).toEqual(date);
  }
  expect(dateSample("es-CR", "26", "11")).toBe("26/11");
  expect(dateSample("en-US", "26", "11")).toBe("11/26");
});
