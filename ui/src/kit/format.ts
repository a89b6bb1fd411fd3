// Numbers, money, days and durations as the agent's country writes them.

import type { WindowBootstrap } from "../bindings/WindowBootstrap";

/** The rules to write by: the language as it is used in the country, such as `es-CR`. */
export function localeOf({ language, country }: Pick<WindowBootstrap, "language" | "country">): string {
  try {
    return new Intl.Locale(language, { region: country }).toString();
  } catch {
    // A country that is none.
    return language;
  }
}

/** A duration as people write it on telephones: 0:07, 4:07, 1:02:03. Never negative: clocks differ. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Making a formatter takes a hundred times as long as using it. */
const formats = new Map<string, unknown>();

function once<T>(key: string, make: () => T): T {
  let made = formats.get(key) as T | undefined;
  if (made === undefined) {
    made = make();
    formats.set(key, made);
  }
  return made;
}

function dates(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return once(`date ${locale} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(locale, options));
}

/** A whole number, its thousands grouped as the locale does. */
export function count(locale: string, n: number | bigint): string {
  return once(`count ${locale}`, () => new Intl.NumberFormat(locale, { useGrouping: true })).format(n);
}

/** The time of day: 9:05, 16:30; the same in every country, so that it is always as narrow. */
export function clock(at: string | number | Date): string {
  const date = new Date(at);
  return `${date.getHours()}:${String(date.getMinutes()).padStart(2, "0")}`;
}

/** How many midnights lie between two moments: 0 for the same day, −1 for yesterday. */
function daysFrom(now: Date, at: Date): number {
  const day = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((day(at) - day(now)) / 86_400_000);
}

/** A day in few letters: today, yesterday, tomorrow, else 3 nov, with the year where it is another. */
export function day(locale: string, at: string | number | Date, now: number): string {
  const date = new Date(at);
  const today = new Date(now);
  const days = daysFrom(today, date);
  if (Math.abs(days) <= 1) {
    return once(`day ${locale}`, () => new Intl.RelativeTimeFormat(locale, { numeric: "auto" })).format(days, "day");
  }
  const year = date.getFullYear() === today.getFullYear() ? {} : ({ year: "numeric" } as const);
  return dates(locale, { day: "numeric", month: "short", ...year }).format(date);
}

/** A day and its time: today 10:42, 3 nov 16:05. */
export function moment(locale: string, at: string | number | Date, now: number): string {
  return `${day(locale, at, now)} ${clock(at)}`;
}

/** A day to come, with its day of the week: lun 3 nov 9:00. */
export function appointment(locale: string, at: string | number | Date, now: number): string {
  const date = new Date(at);
  if (Math.abs(daysFrom(new Date(now), date)) <= 1) {
    return moment(locale, at, now);
  }
  const weekday = dates(locale, { weekday: "short" }).format(date).replace(/\.$/, "");
  return `${weekday} ${moment(locale, at, now)}`;
}

/** A moment in full, for hints. */
export function inFull(locale: string, at: string | number | Date): string {
  return dates(locale, { dateStyle: "full", timeStyle: "short", hourCycle: "h23" }).format(new Date(at));
}

/** What stands between whole and fraction, and between the thousands (none where they are not grouped by a sign). */
export function signs(locale: string): { decimal: string; group: string } {
  return once(`signs ${locale}`, () => {
    const parts = new Intl.NumberFormat(locale, { minimumFractionDigits: 1 }).formatToParts(1_234_567.5);
    const of = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
    return { decimal: of("decimal") || ".", group: of("group") };
  });
}

/** An exact decimal ("1234.50") as the country writes it: never through a binary fraction. */
export function decimal(locale: string, amount: string, fractionDigits = 0): string {
  const [, minus = "", whole = "0", fraction = ""] = /^(-?)(\d+)(?:\.(\d*))?$/.exec(amount) ?? [];
  if (!/^-?\d+(\.\d*)?$/.test(amount)) {
    return amount;
  }
  // Zeros at the end say nothing beyond what the currency writes.
  const kept = fraction.replace(/0+$/, "").padEnd(fractionDigits, "0");
  return minus + count(locale, BigInt(whole)) + (kept ? signs(locale).decimal + kept : "");
}

/** An amount with its currency's sign, where the country writes it: ₡1 250,00, $35. */
export function money(locale: string, amount: string, currency: string): string {
  try {
    const format = once(`money ${locale} ${currency}`, () => new Intl.NumberFormat(locale, { style: "currency", currency }));
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    // The sign and where it stands come from the system; the digits are ours, exact.
    const number = decimal(locale, amount, /\.\d*[1-9]/.test(amount) ? digits : 0);
    let written = false;
    return format
      .formatToParts(1)
      .map(({ type, value }) => {
        if (type === "integer" || type === "decimal" || type === "fraction") {
          const first = !written;
          written = true;
          return first ? number : "";
        }
        return value;
      })
      .join("");
  } catch {
    return `${currency} ${decimal(locale, amount)}`;
  }
}

/**
 * An amount as people type it, as an exact decimal: `1.234,50` and `1,234.50` alike, by the country's signs where it could
 * be either. Null where it is no amount.
 */
export function readDecimal(locale: string, typed: string): string | null {
  const text = typed.replace(/[\s\u00a0\u202f'’]/g, "").replace(/^(-?)\p{Sc}|\p{Sc}$/gu, "$1");
  const [, minus, digits] = /^(-?)([\d.,]*\d[.,]?)$/.exec(text) ?? [];
  if (digits === undefined) {
    return null;
  }
  const sign = decimalSign(locale, digits);
  const [whole = "", fraction = "", ...rest] = sign ? digits.split(sign) : [digits];
  const groups = whole.split(/[.,]/);
  const grouped = groups.length > 1;
  if (rest.length > 0 || /[.,]/.test(fraction) || new Set(whole.match(/[.,]/g)).size > 1) {
    return null;
  }
  if (grouped && !groups.every((group, n) => (n === 0 ? /^\d{1,3}$/ : /^\d{3}$/).test(group))) {
    return null;
  }
  const exact = (groups.join("").replace(/^0+(?=\d)/, "") || "0") + (fraction ? `.${fraction}` : "");
  return `${minus}${exact}`;
}

/** Which of the signs in it begins the fraction; null where none does. */
function decimalSign(locale: string, digits: string): string | null {
  const last = digits.match(/[.,](?=[^.,]*$)/)?.[0];
  if (last === undefined) {
    return null;
  }
  const other = last === "." ? "," : ".";
  const times = digits.split(last).length - 1;
  if (digits.includes(other)) {
    return times === 1 ? last : null;
  }
  if (times > 1) {
    return null;
  }
  // One sign with three digits after it could be either; nobody writes the thousandths of an amount.
  const { decimal } = signs(locale);
  return /^[1-9]\d{0,2}[.,]\d{3}$/.test(digits) && last !== decimal ? null : last;
}
