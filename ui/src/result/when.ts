// When a follow-up is due: the usual moments at one key, any other as people type it.

/** The moments with a key of their own, in the order of their keys. */
export const QUICK = ["hour", "tomorrow", "three_days", "monday"] as const;
export type Quick = (typeof QUICK)[number];

/** The moment a usual choice means, by the agent's own clock. */
export function quick(choice: Quick, now: number): Date {
  const date = new Date(now);
  switch (choice) {
    case "hour":
      date.setHours(date.getHours() + 1, date.getMinutes(), 0, 0);
      return date;
    case "tomorrow":
      return nine(date, 1);
    case "three_days":
      date.setDate(date.getDate() + 3);
      date.setSeconds(0, 0);
      return date;
    case "monday":
      // The next one; on a Monday, that of next week.
      return nine(date, ((8 - date.getDay()) % 7) || 7);
  }
}

function nine(date: Date, days: number): Date {
  date.setDate(date.getDate() + days);
  date.setHours(9, 0, 0, 0);
  return date;
}

/** Whether the month stands before the day, as in the United States. */
function monthFirst(locale: string): boolean {
  const parts = new Intl.DateTimeFormat(locale, { day: "numeric", month: "numeric" }).formatToParts(0);
  return parts.findIndex(({ type }) => type === "month") < parts.findIndex(({ type }) => type === "day");
}

/** How a date is typed, as a hint in a field. */
export function dateSample(locale: string, day: string, month: string): string {
  return monthFirst(locale) ? `${month}/${day}` : `${day}/${month}`;
}

/** A date as it would be typed: 26/11/2026. */
export function writtenDate(locale: string, date: Date): string {
  const [day, month] = [date.getDate(), date.getMonth() + 1];
  return `${monthFirst(locale) ? `${month}/${day}` : `${day}/${month}`}/${date.getFullYear()}`;
}

/**
 * The moment that date and time fields say; null while they say none. Dates: 26/11, 26-11-26, 2026-11-26 and the country's
 * order of day and month; without a year, the next such day. Times: 9, 9:30, 15:30, 3:30 pm. A field left empty means
 * today, or nine o'clock.
 */
export function readMoment(locale: string, date: string, time: string, now: number): Date | null {
  const day = readDate(locale, date, now);
  const minutes = time.trim() === "" ? 9 * 60 : readTime(time);
  if (!day || minutes === null || (date.trim() === "" && time.trim() === "")) {
    return null;
  }
  day.setHours(0, minutes, 0, 0);
  return day;
}

function readDate(locale: string, typed: string, now: number): Date | null {
  const text = typed.trim();
  const today = new Date(now);
  if (text === "") {
    return today;
  }
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  const short = /^(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{2}|\d{4}))?$/.exec(text);
  if (iso) {
    return real(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  }
  if (!short) {
    return null;
  }
  const [first, second] = [Number(short[1]), Number(short[2])];
  const [month, day] = monthFirst(locale) ? [first, second] : [second, first];
  if (short[3] !== undefined) {
    const year = Number(short[3]);
    return real(year < 100 ? 2000 + year : year, month, day);
  }
  const thisYear = real(today.getFullYear(), month, day);
  const past = thisYear !== null && thisYear.getTime() < new Date(now).setHours(0, 0, 0, 0);
  return past || thisYear === null ? real(today.getFullYear() + 1, month, day) : thisYear;
}

/** A day there is: no 31st of February. */
function real(year: number, month: number, day: number): Date | null {
  const date = new Date(year, month - 1, day);
  return date.getMonth() === month - 1 && date.getDate() === day ? date : null;
}

/** A time of day as people type it, in minutes since midnight; null for anything else. */
function readTime(typed: string): number | null {
  const [, hour, minute = "0", half] =
    /^(\d{1,2})(?:[:.h](\d{2}))?\s*([ap])?\.?\s*m?\.?$/i.exec(typed.trim().replace(/h$/i, "")) ?? [];
  if (hour === undefined) {
    return null;
  }
  let hours = Number(hour);
  if (half !== undefined) {
    if (hours < 1 || hours > 12) {
      return null;
    }
    hours = (hours % 12) + (half.toLowerCase() === "p" ? 12 : 0);
  }
  return hours < 24 && Number(minute) < 60 ? hours * 60 + Number(minute) : null;
}
