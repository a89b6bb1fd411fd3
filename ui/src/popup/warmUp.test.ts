import { expect, test, vi } from "vitest";

import { bootstrap } from "../host/fake/world";
import type { PopupHost } from "../host/host";
import { warmUp } from "./warmUp";

test("warming up leaves nothing behind, and tells nobody", () => {
  const asked = vi.fn();
  const host = new Proxy({} as PopupHost, { get: (_, name) => asked(name) });
  for (const language of ["es", "en", "pt"] as const) {
    warmUp(bootstrap(language, { currency: null }), host, Date.now());
  }
  expect(document.body.childElementCount).toBe(0);
  expect(asked).not.toHaveBeenCalled();
});
