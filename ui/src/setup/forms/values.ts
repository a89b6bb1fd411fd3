// What a draft has in its fields, as controls show it.

import type { AccountDraft } from "../../bindings/AccountDraft";
import type { KnownField } from "../../bindings/KnownField";

type Values = AccountDraft["values"];

/** A row of a table while it is typed. */
export interface TableRow {
  name: string;
  value: string;
}

/** The text in a field; empty where there is none. */
export function lineOf(values: Values, name: string): string {
  const value = values[name];
  return typeof value === "string" ? value : "";
}

/** The lines of a list. */
export function linesOf(values: Values, name: string): string[] {
  const value = values[name];
  return Array.isArray(value) ? value : [];
}

/** Whether a switch is on. */
export function isOn(values: Values, { name, assumed }: Pick<KnownField, "name" | "assumed">): boolean {
  const value = values[name];
  return typeof value === "boolean" ? value : assumed === "true";
}

/** The rows of a table, by name. */
export function rowsOf(values: Values, name: string): TableRow[] {
  const value = values[name];
  return typeof value === "object" && !Array.isArray(value)
    ? Object.entries(value).map(([name, value]) => ({ name, value }))
    : [];
}

/** A table of these rows; of two with the same name the last one counts. */
export function tableOf(rows: TableRow[]): Record<string, string> {
  return Object.fromEntries(rows.filter(isFilled).map(({ name, value }) => [name.trim(), value.trim()]));
}

/** Whether something stands in the row. */
const isFilled = ({ name, value }: TableRow): boolean => `${name}${value}`.trim() !== "";

/** Whether two rows have the same name. */
export function hasDoubles(rows: TableRow[]): boolean {
  const names = rows.filter(isFilled).map(({ name }) => name.trim());
  return new Set(names).size < names.length;
}

/** Whether a row has a name without a value, or a value without a name. */
export function hasHalves(rows: TableRow[]): boolean {
  return rows.filter(isFilled).some(({ name, value }) => name.trim() === "" || value.trim() === "");
}
