import { beforeEach, expect, test, vi } from "vitest";

import { popupHost, samples } from "../host/fake/popup";
import { bootstrap } from "../host/fake/world";
import type { PopupHost } from "../host/host";
import { Popup } from "./popup.svelte";

const card = samples.one!;
let host: PopupHost;
let popup: Popup;

beforeEach(() => {
  vi.spyOn(console, "info").mockReturnValue();
  host = popupHost(new URLSearchParams());
  vi.spyOn(host, "save");
  popup = new Popup(host);
  popup.greet(bootstrap("es"));
  popup.show(card, Date.parse(card.call.detected_at));
});

test("a program that ends has what was typed a moment ago kept, and is told so", async () => {
  popup.form!.comment = "Compró dos";
  popup.form!.touch("comment");
  expect(await popup.leaving()).toEqual([]);
  expect(host.save).toHaveBeenCalledWith(card.call.key, expect.objectContaining({ comment: "Compró dos", finish: false }), null);
});

test("what can't be kept as it stands is handed over as it was typed", async () => {
  const { form } = popup;
  form!.comment = "Llamar";
  form!.openFollowUp();
  form!.followUp.date = "31/2";
  form!.followUp.what = "cobrar";
  form!.addCharge();
  form!.charges[0]!.amount = "dos mil";
  popup.draft = { name: "Rosa", company: "Café" };
  const left = await popup.leaving();
  const who = popup.view!.title;
  expect(left).toHaveLength(3);
  expect(left[0]).toContain("31/2 · cobrar");
  expect(left[1]).toContain("dos mil");
  expect(left[2]).toBe(popup.text("left.contact", { who, contact: "Rosa · Café" }));
  expect(left.every((one) => one.startsWith(who))).toBe(true);
  expect(host.save).toHaveBeenCalledWith(card.call.key, expect.objectContaining({ comment: "Llamar" }), null);
});

test("while nothing can be saved, all that was typed is handed over", async () => {
  vi.mocked(host.save).mockRejectedValue({ code: "disk_full", place: null, what: "x", what_to_do: "", detail: "" });
  popup.form!.comment = "Compró dos";
  popup.form!.touch("comment");
  expect((await popup.leaving())[0]).toContain("Compró dos");
});

test("an empty window leaves nothing", async () => {
  popup.clear();
  expect(await popup.leaving()).toEqual([]);
});
