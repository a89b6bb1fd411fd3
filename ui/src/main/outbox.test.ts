import { flushSync, mount, unmount } from "svelte";
import { beforeEach, expect, test, vi } from "vitest";

import type { Retried } from "../host/host";
import { mainHost } from "../host/fake/main";
import { clock } from "../kit/format";
import { Outbox } from "./outbox.svelte";
import OutboxDetail from "./OutboxDetail.svelte";
import { Shell } from "./shell.svelte";

let outbox: Outbox;
let shell: Shell;

async function open(query = ""): Promise<void> {
  const host = mainHost(new URLSearchParams(`fake=day&lang=es${query}`));
  shell = new Shell(host, await host.start({ goTo() {}, status() {}, changed() {}, progress() {}, bootstrap() {} }));
  shell.now = new Date(2026, 10, 21, 10, 42).getTime();
  outbox = new Outbox(shell);
  await outbox.refresh();
}

beforeEach(() => open());

const waiting = () => outbox.list.rows.find(({ item }) => item.state === "waiting" && item.problem)!.item.id;

test("trying now says at once that it is tried, and then when it was sent", async () => {
  await open("&retry=sent");
  const id = waiting();
  const done = outbox.retry(id);
  expect(outbox.trying).toBe(id);
  await done;
  expect(outbox.trying).toBeNull();
  expect(outbox.cameOf(id)).toEqual({ words: shell.say("outbox.sent_at", { time: "10:42" }), good: true, asks: false });
  expect(outbox.list.rows.find(({ item }) => item.id === id)?.item.state).toBe("done");
});

test("a CRM that still does not answer is said, with when it is tried next", async () => {
  const id = waiting();
  await outbox.retry(id);
  const { next_at } = outbox.list.rows.find(({ item }) => item.id === id)!.item;
  expect(outbox.cameOf(id)?.words).toContain(clock(next_at));
  expect(outbox.cameOf(id)?.good).toBe(false);
  expect(outbox.cameOf("another")).toBeNull();
});

test("what can't be searched for is asked about, and created only when the agent says so", async () => {
  await open("&retry=unsearchable");
  const id = waiting();
  const retry = vi.spyOn(shell.host, "retry");
  await outbox.retry(id);
  expect(outbox.cameOf(id)?.asks).toBe(true);
  await outbox.retry(id, { unsearched: true });
  expect(retry).toHaveBeenLastCalledWith(id, { unsearched: true });
  expect(outbox.cameOf(id)?.asks).toBe(false);
});

test.each(["sent", "underway", "call_ends", "waits", "searched_later", "stopped", "held", "parked", "unsearchable", "gone"] satisfies Retried["outcome"][])(
  "%s has words, with and without a time",
  (outcome) => {
    for (const until of [null, new Date(2026, 10, 21, 10, 45).toISOString()]) {
      const retried: Retried = { outcome, until, what: "", what_to_do: "" };
      outbox.came = { id: "x", retried, at: shell.now };
      const words = outbox.cameOf("x")!.words;
      expect(words).not.toBe("");
      expect(words).not.toMatch(/\{|outbox\.|undefined| a las \./);
    }
  },
);

test("a record whose call goes on says until when it waits, and no time of a next try", async () => {
  const id = waiting();
  outbox.list.rows = outbox.list.rows.map((row) => (row.item.id === id ? { ...row, waits: "call_ends", what: "", what_to_do: "" } : row));
  outbox.chip = "all";
  outbox.list.selected = id;
  const mounted = mount(OutboxDetail, { target: document.body, props: { shell, outbox, openCall() {}, back() {} } });
  flushSync();
  const shown = document.body.textContent!;
  expect(shown).toContain(shell.say("outbox.waits.call_ends"));
  expect(shown).toContain(shell.say("outbox.until.call_ends"));
  expect(shown).not.toContain(shell.say("outbox.next_try"));
  expect(shown).not.toContain(shell.say("outbox.retry_now"));
  await unmount(mounted);
});
