import { afterEach, describe, expect, test } from "vitest";

import type { DialProgress } from "../bindings/DialProgress";
import { progressOf } from "../host/fake/dial";
import { catalogue } from "../host/fake/words";
import { speakFrom } from "../texts";
import { announced, begun, heard, isOver, steps, trouble } from "./steps";

/** A dial as it is known after these steps. */
const after = (outcome: string, more: Partial<DialProgress> = {}) =>
  progressOf("dial-1", outcome).map((step) => ({ ...step, ...more })).reduce(heard, begun(Date.now()));

afterEach(() => speakFrom(catalogue));

describe("a call that the vendor will place in its service hours", () => {
  test("is a good end: nothing is under way or ahead, and nothing is wrong", () => {
    const watched = after("pending");
    expect(steps("es", watched).map(({ state, place }) => [state, place])).toEqual([
      ["requested", "done"],
      ["pending", "done"],
    ]);
    expect(steps("es", watched).at(-1)!.words).toBe("El proveedor hará la llamada cuando empiece su horario de atención");
    expect([isOver(watched.state), trouble("es", watched)]).toEqual([true, null]);
  });

  test("is read aloud", () => {
    expect(announced("en", after("pending"))).toBe("The provider will place the call when its service hours begin");
  });

  test("says nothing of a telephone that is about to ring, although the vendor accepted the dial first", () => {
    const accepted = heard(begun(Date.now()), { id: "dial-1", state: "accepted", at: "", call_key: null, error: null });
    const watched = heard(accepted, { id: "dial-1", state: "pending", at: "", call_key: null, error: null });
    expect(steps("en", watched).map(({ state }) => state)).toEqual(["requested", "pending"]);
  });
});

describe("why a dial failed", () => {
  test("is told in the words for the vendor's own reason", () => {
    expect(trouble("es", after("vendor"))).toEqual({
      what: catalogue.es["reason.formcall.popup_not_found.what"],
      whatToDo: catalogue.es["reason.formcall.popup_not_found.do"],
      reasons: [],
    });
  });

  test("a reason without words is told by the code's, whole or by half", () => {
    const odd = { reason: "other.never_heard_of" };
    const byCode = trouble("es", after("failed"));
    expect(byCode!.what).toContain("Ya hay una llamada activa");
    expect(trouble("es", after("failed", odd))).toEqual(byCode);
    const half = { ...catalogue.es, "reason.other.never_heard_of.what": "Nunca visto." };
    speakFrom({ es: half, en: half, pt: half });
    expect(trouble("es", after("failed", odd))).toEqual({ ...byCode, what: "Nunca visto." });
  });

  test("with neither reason nor code it is still said what to do", () => {
    expect(trouble("es", after("failed", { error: null }))).toMatchObject({ what: "La llamada no salió", whatToDo: expect.stringContaining("Marque de nuevo") });
  });
});

test("a likely reason that has no words is left out, and its name is never shown", () => {
  const likely = ["telephone_not_registered", "never_heard_of"];
  const reasons = trouble("es", after("nocall", { likely_reasons: likely }))!.reasons;
  expect(reasons.map(({ what }) => what)).toEqual(["su teléfono no está registrado con el proveedor"]);
});

describe("what the vendor says of an order", () => {
  const said = (state: DialProgress["state"], more: Partial<DialProgress> = {}): DialProgress => ({ id: "dial-1", state, at: "", call_key: null, error: null, said: "Saldo insuficiente", ...more });

  test("is read with why it was not taken", () => {
    const watched = heard(begun(0), said("failed", { error: "vendor_refused" }));
    expect(trouble("es", watched)!.what).toBe("El proveedor no aceptó la llamada. Dice: «Saldo insuficiente».");
  });

  test("is read while nobody knows whether it was taken, and again when no call appears", () => {
    const waiting = heard(begun(0), said("requested"));
    expect(trouble("es", waiting)!.what).toContain("«Saldo insuficiente»");
    const none = heard(waiting, { id: "dial-1", state: "no_call_appeared", at: "", call_key: null, error: null });
    expect(trouble("es", none)!.what).toContain("«Saldo insuficiente»");
    const rings = heard(waiting, { id: "dial-1", state: "contact_ringing", at: "", call_key: null, error: null });
    expect(trouble("es", rings)).toBeNull();
  });
});
