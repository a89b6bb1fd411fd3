import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { Interaction } from "../bindings/Interaction";
import type { InteractionEdit } from "../bindings/InteractionEdit";
import type { Refusal } from "../bindings/Refusal";
import { interaction, manyDispositions } from "../host/fake/made";
import { bootstrap } from "../host/fake/world";
import { changed } from "../host/fake/results";
import type { Saved } from "../host/host";
import { ResultForm } from "./form.svelte";
import { saveWords } from "./saveWords";

const NOW = new Date("2026-11-21T14:25:00").getTime();
const full: Refusal = { code: "disk_full", place: null, what: "El disco está lleno.", what_to_do: "Libere espacio.", detail: "" };

let sent: InteractionEdit[];
let kept: Interaction;
/** What the next saves do instead of keeping. */
let trouble: Refusal[];
let form: ResultForm;

async function save(edit: InteractionEdit): Promise<Saved> {
  sent.push(edit);
  const refusal = trouble.shift();
  if (refusal) {
    throw refusal;
  }
  // Without what dispositions require: what is refused is said by `trouble`.
  kept = changed(kept, edit, []);
  return { interaction: kept, records: edit.finish ? [{ connector: "crm", state: "waiting", waits: "crm", at: kept.updated_at }] : [], card: null };
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  sent = [];
  trouble = [];
  kept = interaction();
  form = new ResultForm(bootstrap("es"), save, () => NOW);
});

afterEach(() => vi.useRealTimers());

const type = (comment: string) => {
  form.comment = comment;
  form.touch("comment");
};
const press = (...keys: string[]) => keys.map((key) => form.key({ key, ctrlKey: false, metaKey: false, altKey: false }));
const after = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
const words = () => saveWords((key, values) => form.say(key, values), form.state, form.records, true).words;

describe("dispositions by number keys", () => {
  test("a digit goes a level deeper, the last level is chosen", () => {
    expect(press("1", "1")).toEqual([true, true]);
    expect(form.crumbs.map(({ name }) => name)).toEqual(["Venta", "Suscripción nueva"]);
    press("2");
    expect(form.chosenNames).toEqual(["Venta", "Suscripción nueva", "A crédito"]);
    expect(form.picking).toBe(false);
    expect([...form.needs]).toEqual(["disposition", "field:pedido", "charge", "comment"]);
    expect(form.shownFields).toEqual(["pedido"]);
  });

  test("Backspace goes back a level, and opens what was chosen again", () => {
    press("1", "1", "Backspace");
    expect(form.level).toBe("venta");
    press("Backspace");
    expect(form.level).toBeNull();
    expect(press("Backspace")).toEqual([false]);
    press("1", "2", "Backspace");
    expect(form.picking).toBe(true);
    expect(form.level).toBe("venta");
    expect(form.chosen).toBe("venta.renovacion");
  });

  test("a digit without an option, and one after the choice, mean nothing", () => {
    expect(press("9")).toEqual([false]);
    press("5");
    expect(form.chosen).toBe("no_contesta");
    expect(press("1")).toEqual([false]);
  });

  test("chords are somebody else's", () => {
    expect(form.key({ key: "1", ctrlKey: true, metaKey: false, altKey: false })).toBe(false);
  });

  test("with more than nine, letters filter and digits take from what is left", () => {
    form.bootstrap = bootstrap("es", { dispositions: { all: manyDispositions } });
    expect(press("c")).toEqual([true]);
    expect(form.options.map(({ name }) => name)).toEqual(["Cobro", "Cita médica", "No contesta"]);
    press("2");
    expect(form.chosenNames).toEqual(["Cita médica"]);
    expect(form.filter).toBe("");
  });

  test("with nine and fewer, letters mean nothing", () => expect(press("c")).toEqual([false]));
});

describe("drafts", () => {
  test("one is kept a moment after the last key, with what changed and nothing else", async () => {
    type("H");
    await after(300);
    type("Ho");
    await after(399);
    expect(sent).toEqual([]);
    expect(words()).toBe("sin guardar aún");
    await after(1);
    expect(sent).toMatchObject([{ comment: "Ho", disposition: null, charges: null, finish: false }]);
    expect(sent[0]).not.toHaveProperty("follow_up");
    expect(words()).toBe("borrador guardado 14:25");

    press("5");
    await after(400);
    expect(sent[1]).toMatchObject({ comment: null, disposition: "no_contesta" });
    expect(form.unsaved).toBe(false);
  });

  test("leaving keeps it at once, and nothing twice", async () => {
    type("Hola");
    expect(form.unsaved).toBe(true);
    expect(await form.flush()).toBe(true);
    await after(1000);
    expect(sent).toHaveLength(1);
  });

  test("what could not be kept stays, is said, and is tried again, later each time", async () => {
    trouble = [full, full];
    type("Hola");
    await after(400);
    expect(words()).toBe("no se pudo guardar: El disco está lleno.");
    expect(form.comment).toBe("Hola");
    await after(1000);
    expect(sent).toHaveLength(2);
    await after(1999);
    expect(sent).toHaveLength(2);
    await after(1);
    expect(sent).toHaveLength(3);
    expect(words()).toBe("borrador guardado 14:25");
  });

  test("the next key tries again at once", async () => {
    trouble = [full];
    type("Hola");
    await after(400);
    type("Hola,");
    await after(400);
    expect(sent.at(-1)).toMatchObject({ comment: "Hola," });
    expect(form.unsaved).toBe(false);
  });

  test("what is typed while a draft is on its way is kept after it", async () => {
    let arrive = () => {};
    const slow = new ResultForm(bootstrap("es"), (edit) => new Promise((done) => (arrive = () => void save(edit).then(done))));
    slow.comment = "uno";
    slow.touch("comment");
    await after(400);
    slow.comment = "uno dos";
    slow.touch("comment");
    arrive();
    await after(0);
    expect(slow.state.kind).toBe("unsaved");
    await after(400);
    arrive();
    await after(0);
    expect(sent.map(({ comment }) => comment)).toEqual(["uno", "uno dos"]);
    expect(slow.state.kind).toBe("saved");
  });

  test("a draft of before a restart stands in the fields again and is no change", async () => {
    form.load(
      interaction({
        disposition: [{ code: "gone", name: "De antes" }],
        comment: "Hola",
        follow_up: { at: new Date("2026-11-26T15:30:12").toISOString(), whom: "Diego", what: "Llamar" },
        charges: [{ id: "7", amount: "1234.50", currency: "CRC", concept: "Visita" }],
      }),
    );
    expect(form.chosenNames).toEqual(["De antes"]);
    expect(form.followUp).toMatchObject({ open: true, date: "26/11/2026", time: "15:30", whom: "Diego" });
    expect(form.charges[0]?.amount.replace(/\s/g, " ")).toBe("1 234,5");
    expect(form.unsaved).toBe(false);
  });
});

describe("follow-ups and charges", () => {
  test("a follow-up that was opened and left empty is asked about before the result is final", async () => {
    form.openFollowUp();
    expect(await form.finish()).toBe(false);
    expect(form.fault).toEqual({ place: "follow_up", what: "Elija cuándo, o quite el seguimiento." });
    form.removeFollowUp();
    await form.finish();
    expect(form.fault?.place).not.toBe("follow_up");
  });

  test("a usual moment is one click", async () => {
    form.openFollowUp();
    form.due("tomorrow");
    form.followUp.what = "Llamar";
    await form.flush();
    expect(sent[0]?.follow_up).toEqual({ at: new Date("2026-11-22T09:00:00").toISOString(), whom: null, what: "Llamar" });
    form.removeFollowUp();
    await form.flush();
    expect(sent[1]).toHaveProperty("follow_up", null);
  });

  test("an amount goes out exact, whichever way it was typed, and a kept charge keeps its id", async () => {
    form.addCharge();
    form.charges[0]!.amount = "1.234,50";
    form.charges[0]!.concept = "Visita";
    form.addCharge();
    await form.flush();
    expect(sent[0]?.charges).toEqual([
      { id: "00000000-0000-0000-0000-000000000000", amount: "1234.50", currency: "CRC", concept: "Visita" },
    ]);
    form.charges[0]!.amount = "1,234.75";
    form.touch("charge");
    await form.flush();
    expect(sent[1]?.charges).toEqual([{ id: "id-0", amount: "1234.75", currency: "CRC", concept: "Visita" }]);
  });

  test("what can't be read is said at its place, keeps the result from being final, and counts as not kept", async () => {
    form.addCharge();
    form.charges[0]!.amount = "doce";
    expect(await form.finish()).toBe(false);
    expect(form.fault).toEqual({ place: "charges[0].amount", what: "No es un monto." });
    expect(form.wanted).toEqual({ place: "charges[0].amount" });
    expect(await form.flush()).toBe(false);
    expect(form.unsaved).toBe(true);
    form.charges[0]!.amount = "12";
    form.touch("charge");
    expect(form.fault).toBeNull();
    expect(await form.flush()).toBe(true);
  });
});

describe("the final result", () => {
  test("says where it is: here, waiting for the CRM, in the CRM, or in need of somebody", async () => {
    press("5");
    expect(await form.finish()).toBe(true);
    expect(sent.at(-1)).toMatchObject({ disposition: "no_contesta", finish: true });
    expect(words()).toBe("guardado 14:25 · espera al CRM");
    form.records = [{ connector: "crm", state: "waiting", waits: "call_ends", at: "" }];
    expect(words()).toBe("guardado 14:25 · se envía al terminar la llamada");
    form.records = [{ connector: "crm", state: "waiting", waits: "turn", at: "" }];
    expect(words()).toBe("guardado 14:25 · enviándose");
    form.records = [{ connector: "crm", state: "done", waits: null, at: new Date("2026-11-21T14:26:00").toISOString() }];
    expect(words()).toBe("en el CRM 14:26");
    form.records = [{ connector: "crm", state: "parked", waits: null, at: "" }];
    expect(words()).toContain("el CRM no lo acepta");
    form.records = [];
    expect(words()).toBe("guardado 14:25");
  });

  test("a refusal brings the keyboard to what is missing, in words, and is not repeated by itself", async () => {
    press("2");
    trouble = [{ code: "incomplete", place: "follow_up", what: "Al resultado le falta algo.", what_to_do: "", detail: "" }];
    expect(await form.finish()).toBe(false);
    expect(form.fault).toEqual({ place: "follow_up", what: "Esta tipificación requiere: seguimiento." });
    expect(form.followUp.open).toBe(true);
    expect(form.wanted).toEqual({ place: "follow_up" });
    expect(words()).toBe("falta algo: vea lo marcado");
    await after(60_000);
    expect(sent).toHaveLength(1);
  });

  test.each([
    ["comment", "comment"],
    ["fields.pedido", "field:pedido"],
    ["field:pedido", "field:pedido"],
    ["charge", "charges[0].amount"],
    ["charges[0].amount", "charges[0].amount"],
    ["disposition", "disposition"],
  ])("a refusal at %s brings the keyboard to %s", async (place, wanted) => {
    trouble = [{ code: "incomplete", place, what: "Falta algo.", what_to_do: "", detail: "" }];
    await form.finish();
    expect(form.wanted).toEqual({ place: wanted });
    expect(form.fault?.what).not.toBe("");
  });

  test("one the store could not take is asked for again, until the agent goes on writing", async () => {
    trouble = [full, full];
    press("5");
    await form.finish();
    await after(1000);
    expect(sent.map(({ finish }) => finish)).toEqual([true, true]);
    type("Espere");
    await after(400);
    expect(sent.at(-1)).toMatchObject({ finish: false, comment: "Espere", disposition: "no_contesta" });
    expect(form.final).toBe(false);
  });

  test("shows what the disposition brought about", async () => {
    press("5");
    const brought = { at: new Date("2026-11-22T14:25:00").toISOString(), whom: null, what: "Volver a llamar" };
    kept = { ...kept, follow_up: brought };
    await form.finish();
    expect(form.followUp).toMatchObject({ open: true, date: "22/11/2026", what: "Volver a llamar" });
    expect(form.unsaved).toBe(false);
  });

  test("is closed to keys until the agent says that they want to change it", async () => {
    press("5");
    await form.finish();
    expect(form.closed).toBe(true);
    expect(press("1", "Backspace")).toEqual([false, false]);
    expect(form.back()).toBe(false);
    form.change();
    expect(form.closed).toBe(false);
    expect(form.wanted).toEqual({ place: "comment" });
    expect(press("Backspace")).toEqual([true]);
  });

  test("takes no key while it is being saved", async () => {
    press("5");
    const saving = form.finish();
    expect(form.finishing).toBe(true);
    expect(press("Backspace")).toEqual([false]);
    await saving;
    expect(form.finishing).toBe(false);
  });

  test("what is typed over it is a draft, and only saving again makes it a part of what was saved", async () => {
    press("5");
    await form.finish();
    form.change();
    type("Otra cosa");
    await after(400);
    expect(sent[1]).toMatchObject({ comment: "Otra cosa", finish: false });
    expect(kept).toMatchObject({ comment: "", state: "final", change_draft: { comment: "Otra cosa" } });
    expect(form.state.kind).toBe("change");
    expect(words()).toBe("cambios sin guardar · borrador 14:25");
    expect(form.closed).toBe(false);
    expect(await form.finish()).toBe(true);
    expect(sent[2]).toMatchObject({ comment: null, finish: true });
    expect(kept).toMatchObject({ comment: "Otra cosa", change_draft: null });
    expect(form.closed).toBe(true);
  });

  test("a draft over it stands in the fields again after a restart, and can be dropped", async () => {
    press("5");
    type("Compró");
    await form.finish();
    form.change();
    type("Compró, hola");
    await after(400);
    const again = new ResultForm(bootstrap("es"), save, () => NOW);
    again.load(kept);
    expect(again.comment).toBe("Compró, hola");
    expect(again.closed).toBe(false);
    expect(again.unsaved).toBe(false);
    await again.drop();
    expect(kept).toMatchObject({ comment: "Compró", change_draft: null });
    expect([again.comment, again.closed]).toEqual(["Compró", true]);
  });

  test("saving what was not changed sends nothing and closes it", async () => {
    press("5");
    await form.finish();
    form.change();
    expect(await form.finish()).toBe(true);
    expect(sent).toHaveLength(1);
    expect(form.closed).toBe(true);
  });
});
