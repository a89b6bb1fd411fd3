import { flushSync, mount, unmount } from "svelte";
import { expect, test } from "vitest";

import type { ComponentStatus } from "../bindings/ComponentStatus";
import { bootstrap } from "../host/fake/world";
import { mainHost } from "../host/fake/main";
import StatusBar from "./StatusBar.svelte";
import { Shell } from "./shell.svelte";
import { componentWords } from "./words";

const shell = new Shell(mainHost(new URLSearchParams()), bootstrap("es"));
const say: Shell["say"] = (key, values) => shell.say(key, values);
const MINUTE = 60_000;
const now = Date.parse("2026-11-20T16:42:00Z");
const part = (minutes: number, runs: boolean): ComponentStatus => ({
  component: "call flow",
  failures: 1,
  failed_at: new Date(now - minutes * MINUTE).toISOString(),
  runs,
});

test("a part that ended badly is told until it works again, and then for some minutes more", () => {
  const words = (minutes: number, runs: boolean) => componentWords(say, part(minutes, runs), now);
  expect(words(0, false)).toBe("Una parte de Timbre falló y va a arrancar de nuevo: seguimiento de llamadas.");
  expect(words(90, false)).toBe(words(0, false));
  expect(words(1, true)).toBe("Una parte de Timbre falló y ya trabaja de nuevo: seguimiento de llamadas.");
  expect(words(6, true)).toBeNull();
  const strange = { ...part(0, false), component: "another part" };
  expect(componentWords(say, strange, now)).toContain("another part");
});

test("the status bar tells it in a line beside the others, with a shape of its own, and lets go of it by itself", async () => {
  const status = await shell.host.status();
  shell.now = now;
  const mounted = mount(StatusBar, { target: document.body, props: { shell, said: "", open: () => undefined } });
  const foot = (components: ComponentStatus[]) => {
    shell.status = { ...status, components };
    flushSync();
    return document.querySelector("footer")!.textContent!;
  };
  expect(foot([])).not.toContain("Timbre falló");
  expect(foot([part(0, false)])).toContain("va a arrancar de nuevo: seguimiento de llamadas");
  expect(document.querySelectorAll("footer .failing")).toHaveLength(1);
  expect(foot([part(1, true)])).toContain("ya trabaja de nuevo: seguimiento de llamadas");
  expect(document.querySelectorAll("footer .again")).toHaveLength(1);
  expect(document.querySelectorAll("footer .failing")).toHaveLength(0);
  shell.now = now + 10 * MINUTE;
  flushSync();
  expect(document.querySelector("footer")!.textContent).not.toContain("Timbre falló");
  await unmount(mounted);
});
