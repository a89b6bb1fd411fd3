// The stand-in program does what the engine does, as far as a page can tell: compared with what a story in Rust wrote.

import { expect, test, vi } from "vitest";

import type { Interaction } from "../../bindings/Interaction";
import type { InteractionEdit } from "../../bindings/InteractionEdit";
import type { NumberRead } from "../../bindings/NumberRead";
import { read } from "./dial";
import { mainHost } from "./main";
import { changed } from "./results";
import { world } from "./world";
import edits from "./world/edits.json";
import numbers from "./world/numbers.json";

test.each(numbers as [string, (Pick<NumberRead, "written" | "dial"> & { contacts: string[] }) | null][])("%s is read as the engine reads it", (typed, expected) => {
  if (expected === null) {
    expect(() => read("es", typed)).toThrow();
    return;
  }
  const { contacts, written, dial } = read("es", typed);
  expect({ written, dial, contacts: contacts.map(({ id }) => id) }).toEqual(expected);
});

test("a call without a result is pending for a week, as in the engine", async () => {
  const rows = await mainHost(new URLSearchParams()).calls({ from: null, to: null, pending: true, limit: 100 });
  expect(rows.map(({ call }) => call.key)).toEqual(world.pending);
  const open = world.calls.filter(({ call, result }) => call.state === "ended" && call.connected_at !== null && call.direction !== "internal" && result?.state !== "final");
  expect(open.length).toBeGreaterThan(world.pending.length);
});

test("the logs lie in the data folder", async () => {
  const { data, logs } = await mainHost(new URLSearchParams()).places();
  expect(logs).toBe(`${data}/logs`);
});

test("a result is changed as the domain changes it: also where a follow-up is taken away", () => {
  vi.useFakeTimers({ now: 0 });
  for (const { result, edit, after } of edits as unknown as { result: Interaction; edit: InteractionEdit; after: Interaction | null }[]) {
    const change = () => changed(result, edit, world.bootstrap.dispositions.all);
    if (after === null) {
      expect(change).toThrow();
    } else {
      expect(comparable(change())).toEqual(comparable(after));
    }
  }
  vi.useRealTimers();
});

/** Without what only the engine makes: ids, and the count of changes. */
function comparable({ charges, follow_up, ...result }: Interaction) {
  return {
    ...result,
    revision: 0,
    updated_at: "",
    final_at: result.final_at && Date.parse(result.final_at),
    follow_up: follow_up && { ...follow_up, at: Date.parse(follow_up.at) },
    charges: charges.map((charge) => ({ ...charge, id: "" })),
  };
}
