// What the fields of a result say, and the change it makes of what is kept.

import type { Charge } from "../bindings/Charge";
import type { Disposition } from "../bindings/Disposition";
import type { FollowUp } from "../bindings/FollowUp";
import type { Interaction } from "../bindings/Interaction";
import type { InteractionEdit } from "../bindings/InteractionEdit";
import { path } from "./dispositions";

/** What the fields say, as it would be kept. */
export interface Content {
  disposition: string | null;
  comment: string;
  fields: Record<string, string>;
  follow_up: FollowUp | null;
  charges: Charge[];
}

/** The change from one to the other: what is the same in both is left out. Null where nothing changes. */
export function change(from: Content, to: Content, finish: boolean): InteractionEdit | null {
  const differs = (part: keyof Content) => JSON.stringify(to[part]) !== JSON.stringify(from[part]);
  const fields = Object.fromEntries(
    Object.entries(to.fields).filter(([name, value]) => value !== (from.fields[name] ?? "")),
  );
  const edit: InteractionEdit = {
    contact: null,
    agent: null,
    disposition: differs("disposition") ? to.disposition : null,
    comment: differs("comment") ? to.comment : null,
    fields,
    charges: differs("charges") ? to.charges : null,
    finish,
    forget_draft: false,
  };
  if (differs("follow_up")) {
    // Null takes the follow-up away; left out, it stays.
    edit.follow_up = to.follow_up;
  }
  const nothing =
    edit.disposition === null && edit.comment === null && edit.charges === null && !("follow_up" in edit);
  return nothing && Object.keys(fields).length === 0 && !finish ? null : edit;
}

/** The part of the form a place is in: `fields.pedido` and `field:pedido` are one, and so are all charges. */
export function placeOf(place: string): string {
  if (place.startsWith("fields.")) {
    return `field:${place.slice(7)}`;
  }
  if (place.startsWith("charges")) {
    return "charge";
  }
  return place.startsWith("follow_up") ? "follow_up" : place;
}

/** A result as the agent left it: what was saved, and over it what was typed since. */
export function asTyped(kept: Interaction, all: readonly Disposition[]): Interaction {
  const draft = kept.change_draft;
  if (!draft) {
    return kept;
  }
  const chosen = draft.disposition === null ? [] : path([...all], draft.disposition);
  return {
    ...kept,
    disposition: chosen.length > 0 ? chosen.map(({ code, name }) => ({ code, name })) : kept.disposition,
    comment: draft.comment ?? kept.comment,
    fields: Object.fromEntries(Object.entries({ ...kept.fields, ...draft.fields }).filter(([, value]) => value !== "")),
    follow_up: "follow_up" in draft ? (draft.follow_up ?? null) : kept.follow_up,
    charges: draft.charges ?? kept.charges,
  };
}
