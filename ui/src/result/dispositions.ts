// The catalogue of dispositions as a tree: up to three levels, of which only the last can be chosen.

import type { Action } from "../bindings/Action";
import type { Disposition } from "../bindings/Disposition";
import type { Requirement } from "../bindings/Requirement";

type Catalogue = readonly Disposition[];

/** What stands right below a disposition, or on the first level. */
export function children(all: Catalogue, under: string | null): Disposition[] {
  return all.filter((one) => one.under === under);
}

/** Whether nothing stands below it: a result can have it. */
export function isLast(all: Catalogue, code: string): boolean {
  return !all.some((one) => one.under === code);
}

/** A disposition with all above it, the first level first; empty for one the catalogue does not have. */
export function path(all: Catalogue, code: string | null): Disposition[] {
  const found: Disposition[] = [];
  let wanted = code;
  while (wanted !== null) {
    const one = all.find((one) => one.code === wanted);
    // A ring of levels is refused when the settings are read; a page must not hang on one all the same.
    if (!one || found.includes(one)) {
      break;
    }
    found.unshift(one);
    wanted = one.under;
  }
  return found;
}

/** What a result with this disposition must have. */
export function requirements(all: Catalogue, code: string | null): Requirement[] {
  const own = path(all, code).flatMap((one) => one.requires);
  return [...new Set(all.length > 0 ? ["disposition", ...own] : own)];
}

/** What a result with this disposition brings about. */
export function actions(all: Catalogue, code: string | null): Action[] {
  return path(all, code).flatMap((one) => one.actions);
}

/** Letters as they are typed in a hurry: without accents and capitals. */
export function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Those with a word that begins as typed, first those whose name does. */
export function filtered(options: readonly Disposition[], typed: string): Disposition[] {
  const wanted = folded(typed.trim());
  if (wanted === "") {
    return [...options];
  }
  const place = ({ name }: Disposition) => ` ${folded(name)}`.search(new RegExp(`[^\\p{L}\\p{N}]${escaped(wanted)}`, "u"));
  return options
    .map((one) => ({ one, at: place(one) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => Number(a.at > 0) - Number(b.at > 0))
    .map(({ one }) => one);
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
