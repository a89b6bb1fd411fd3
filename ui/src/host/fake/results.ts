// What becomes of a result when it is changed, by the engine's rules: only a save changes what was saved.

import type { Disposition } from "../../bindings/Disposition";
import type { Interaction } from "../../bindings/Interaction";
import type { InteractionEdit } from "../../bindings/InteractionEdit";
import type { Refusal } from "../../bindings/Refusal";
import type { TypedCaller } from "../../bindings/TypedCaller";
import { asTyped } from "../../result/content";
import { path, requirements } from "../../result/dispositions";

/** Whether what a result must have is there. */
function has(edited: Interaction, requirement: string): boolean {
  switch (requirement) {
    case "disposition":
      return edited.disposition.length > 0;
    case "comment":
      return edited.comment.trim() !== "";
    case "contact":
      return edited.contact !== null;
    case "follow_up":
      return edited.follow_up !== null;
    case "charge":
      return edited.charges.length > 0;
    default:
      return (edited.fields[requirement.slice("field:".length)] ?? "") !== "";
  }
}

const incomplete = (place: string): Refusal => ({
  code: "incomplete",
  place,
  what: "Al resultado le falta algo.",
  what_to_do: "Complete lo que pide la tipificación.",
  detail: "incomplete",
});

/** The result with what an edit says laid over it. */
function laidOver(was: Interaction, edit: InteractionEdit, all: Disposition[]): Interaction {
  const charges = edit.charges?.map((charge, n) => ({ ...charge, id: /[1-9a-z]/.test(charge.id) ? charge.id : `id-${n}` }));
  const known = path(all, edit.disposition).map(({ code, name }) => ({ code, name }));
  const chosen = edit.disposition === null || known.length > 0 ? known : [{ code: edit.disposition, name: edit.disposition }];
  const over = asTyped({ ...was, change_draft: { ...edit, charges: charges ?? null, disposition: null } }, all);
  return { ...over, disposition: chosen.length > 0 ? chosen : was.disposition };
}

/** What the disposition does where the agent did not; only when a draft becomes final. */
function broughtAbout(result: Interaction, all: Disposition[], now: string): Interaction {
  let { follow_up, charges } = result;
  for (const action of path(all, result.disposition.at(-1)?.code ?? null).flatMap(({ actions }) => actions)) {
    if (typeof action === "object" && "follow_up" in action) {
      const { after_days, what } = action.follow_up;
      const at = new Date(Date.parse(now) + after_days * 86_400_000).toISOString();
      follow_up ??= { at, whom: null, what: what.trim() || (result.disposition.at(-1)?.name ?? "") };
    } else if (typeof action === "object" && "charge" in action && charges.length === 0) {
      charges = [{ ...action.charge, id: "id-0" }];
    }
  }
  return { ...result, follow_up, charges };
}

/** A result after a change. Throws a refusal where it can't be saved so. */
export function changed(was: Interaction, edit: InteractionEdit, all: Disposition[]): Interaction {
  const updated_at = new Date().toISOString();
  const kept = { ...was, revision: was.revision + 1, updated_at, contact: edit.contact ?? was.contact };
  const draft = edit.forget_draft ? null : was.change_draft;
  const typed = laidOver(draft ? laidOver({ ...kept, change_draft: null }, draft, all) : kept, edit, all);
  if (edit.finish) {
    const whole = was.state === "draft" ? broughtAbout(typed, all, updated_at) : typed;
    const lacks = requirements(all, whole.disposition.at(-1)?.code ?? null).find((needed) => !has(whole, needed));
    if (lacks) {
      throw incomplete(lacks);
    }
    return { ...whole, change_draft: null, state: "final", final_at: was.final_at ?? updated_at };
  }
  if (was.state === "draft") {
    return { ...typed, change_draft: null };
  }
  const change: InteractionEdit = {
    contact: null,
    agent: null,
    disposition: typed.disposition.at(-1)?.code === was.disposition.at(-1)?.code ? null : (typed.disposition.at(-1)?.code ?? null),
    comment: typed.comment === was.comment ? null : typed.comment,
    fields: Object.fromEntries(
      [...new Set([...Object.keys(was.fields), ...Object.keys(typed.fields)])]
        .filter((name) => typed.fields[name] !== was.fields[name])
        .map((name) => [name, typed.fields[name] ?? ""]),
    ),
    charges: JSON.stringify(typed.charges) === JSON.stringify(was.charges) ? null : typed.charges,
    finish: false,
    forget_draft: false,
  };
  if (JSON.stringify(typed.follow_up) !== JSON.stringify(was.follow_up)) {
    change.follow_up = typed.follow_up;
  }
  const nothing = !change.disposition && change.comment === null && !change.charges && !("follow_up" in change);
  return { ...kept, change_draft: nothing && Object.keys(change.fields).length === 0 ? null : change };
}

/** Whether a save makes a contact of what was typed about the caller. Throws where only the agent can tell who is meant. */
export function makesContact({ name, company, search, offered }: TypedCaller, known: boolean): boolean {
  const named = `${name}${company}`.trim() !== "";
  const begun = search.trim() !== "" || (offered > 0 && !known);
  if (begun || (named && known)) {
    throw {
      code: "caller_open",
      place: "caller",
      what: "Escribió quién es, pero no está elegido.",
      what_to_do: "Elija el contacto o termine de crearlo, o guarde sin eso.",
      detail: "caller_open",
    } satisfies Refusal;
  }
  return named;
}
