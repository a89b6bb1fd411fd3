import type { Refusal } from "../../bindings/Refusal";

/** What is wrong with a field, or with the whole where it has no place. */
export interface Wrong {
  /** The field, such as `base_url`; empty for the whole. */
  field: string;
  /** What happened; empty where the field is simply missing. */
  what: string;
  whatToDo: string;
}

/** A refusal, and the field it points to: the last name of its place. */
export function wrongOf(refusal: Refusal): Wrong {
  const field = refusal.place?.split(".").pop()?.replace(/\[.*$/, "") ?? "";
  return { field, what: refusal.what, whatToDo: refusal.what_to_do };
}

/** A field that must be filled in. */
export const missing = (field: string): Wrong => ({ field, what: "", whatToDo: "" });
