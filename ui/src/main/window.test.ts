import { expect, test, vi } from "vitest";

import { mainHost } from "../host/fake/main";
import { contactOf, world } from "../host/fake/world";
import type { MainListener } from "../host/host";
import { Main } from "./window.svelte";

/** A window on a made-up day; what the host would tell by itself is told by the test. */
async function window(fake = "day") {
  const host = mainHost(new URLSearchParams({ fake }));
  const calls = vi.spyOn(host, "calls");
  const outbox = vi.spyOn(host, "outbox");
  const main = new Main(host, await host.start(silent));
  main.shell.status = await host.status();
  main.open("today");
  await vi.waitFor(() => expect(main.today.list.rows.length).toBeGreaterThan(0));
  return { host, main, calls, outbox, told: main.listener() };
}
const silent: MainListener = {
  goTo: () => undefined,
  status: () => undefined,
  changed: () => undefined,
  progress: () => undefined,
  bootstrap: () => undefined,
};

test("news are asked for only where they are on screen, and the selection stays", async () => {
  const { main, calls, outbox, told } = await window();
  main.select(main.today.list.rows[3]!.call.key);
  await vi.waitFor(() => expect(main.detail.contact?.name).toBe("Rebeca Chinchilla"));
  calls.mockClear();
  told.changed("outbox");
  expect(calls).not.toHaveBeenCalled();
  expect(outbox).not.toHaveBeenCalled();
  told.changed("results");
  await vi.waitFor(() => expect(calls).toHaveBeenCalledOnce());
  expect(main.today.list.current?.name).toBe("Rebeca Chinchilla");
  main.open("outbox");
  expect(outbox).toHaveBeenCalledOnce();
});

test("whoever is sent to a call sees it, whatever filter and day were there", async () => {
  const { main, told } = await window();
  main.today.chip = "missed";
  main.today.list.filter = "xyz";
  await main.today.step(1);
  const { key } = world.calls[1]!.call;
  told.goTo({ page: "today", call: key, contact: null });
  await vi.waitFor(() => expect(main.today.list.current?.call.key).toBe(key));
  await vi.waitFor(() => expect(main.detail.card?.call.key).toBe(key));
});

test("after the first run it says where Timbre is to be found until that is closed", async () => {
  const { main, told } = await window();
  expect(main.welcome).toBeNull();
  told.goTo({ page: "today", call: null, contact: null, welcome: "strip" });
  expect(main.welcome).toBe("strip");
  told.goTo({ page: "outbox", call: null, contact: null, welcome: null });
  expect(main.welcome).toBe("strip");
});

test("what is being written is not taken back by news of the same call", async () => {
  const { main, told } = await window();
  main.select(world.calls[1]!.call.key);
  await vi.waitFor(() => expect(main.detail.form?.comment).toContain("Pide otra unidad"));
  const { form } = main.detail;
  form!.comment = "Pide dos";
  form!.touch("comment");
  told.changed("results");
  await vi.waitFor(() => expect(main.detail.card).not.toBeNull());
  expect(main.detail.form).toBe(form);
  expect(form!.comment).toBe("Pide dos");
  await form!.flush();
});

test("a refused preference changes nothing and is thrown to the control that asked", async () => {
  const { main } = await window("refusing");
  const before = main.shell.bootstrap;
  await expect(main.shell.prefer({ autostart: false })).rejects.toMatchObject({ code: "disk_full" });
  expect(main.shell.bootstrap).toBe(before);
  expect(main.shell.kept).toBeNull();
});

test("a preference can be undone once", async () => {
  const { main } = await window();
  await main.shell.prefer({ autostart: true });
  expect(main.shell.bootstrap.preferences.autostart).toBe(true);
  await main.shell.undo();
  expect(main.shell.bootstrap.preferences.autostart).toBe(false);
  expect(main.shell.kept?.before).toBeNull();
});

test("everything parked is sent again, and how much is said", async () => {
  const { main } = await window();
  await main.retryAll();
  expect(main.said).toBe("Enviados otra vez: 2");
  await main.retryAll();
  expect(main.said).toBe("No hay nada que reintentar");
});

test("the palette offers a number that is typed, contacts as they are found, and nothing twice", async () => {
  const { main } = await window();
  const { palette } = main;
  palette.show();
  const ids = palette.entries.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  palette.type("8888-4787");
  expect(palette.current?.id).toBe("dial");
  palette.type("12");
  expect(palette.entries.some(({ id }) => id === "dial")).toBe(false);
  palette.type("karla");
  await vi.waitFor(() => expect(palette.current?.label).toBe("Karla Jiménez Brenes"));
  palette.run();
  await vi.waitFor(() => expect(main.detail.contact?.id).toBe(contactOf("Karla Jiménez Brenes").id));
  expect(palette.open).toBe(false);
});

test("the palette opens a page by its name before it does anything, and nothing by the middle of a word", async () => {
  const { main } = await window();
  const { palette } = main;
  palette.show();
  // "Hasta que lo apague" would be "no molestar" for good.
  palette.type("molestar");
  expect(palette.current?.group).toBe("settings");
  expect(palette.entries.some(({ group }) => group === "commands")).toBe(true);
  palette.type("lestar");
  expect(palette.entries).toEqual([]);
});

test("at midnight today's list is another day's", async () => {
  const { main, calls } = await window();
  calls.mockClear();
  main.tick(main.shell.now + 60_000);
  const tomorrow = main.shell.now + 24 * 3_600_000;
  main.tick(tomorrow);
  await vi.waitFor(() => expect(calls).toHaveBeenCalled());
  const [query] = calls.mock.lastCall!;
  expect(Date.parse(query.from!)).toBeGreaterThan(tomorrow - 24 * 3_600_000);
});
