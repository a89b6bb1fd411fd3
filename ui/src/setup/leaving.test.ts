import { beforeEach, expect, test, vi } from "vitest";

import { setupHost } from "../host/fake/setup";
import { Setup } from "./setup.svelte";

let setup: Setup;

beforeEach(async () => {
  vi.spyOn(console, "info").mockReturnValue();
  const host = setupHost(new URLSearchParams());
  setup = new Setup(host);
  const greeting = await host.start({ bootstrap: (told) => setup.greet(told) });
  setup.begin(greeting, await host.offers());
});

test("a first run on which nothing was typed leaves nothing", async () => {
  expect(setup.left).toEqual([]);
  await setup.next();
  expect(setup.left).toEqual([]);
});

test("what was typed of an account is named until it is saved, and no secret is", async () => {
  await setup.next();
  setup.account.draft.values["username"] = "8373456";
  setup.account.password = "secreto";
  expect(setup.left).toHaveLength(1);
  expect(setup.left[0]).toContain("8373456 · ••••");
  expect(setup.left.join()).not.toContain("secreto");
  await setup.next();
  await setup.next();
  expect(setup.page).toBe("crm");
  expect(setup.left).toEqual([]);
  setup.connector.choose(setup.offers.connectors[0]!);
  setup.connector.draft.base_url = "crm.example.com";
  expect(setup.left[0]).toContain("crm.example.com");
});
