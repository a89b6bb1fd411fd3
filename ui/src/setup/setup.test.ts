import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { refusal } from "../host/fake/dial";
import { bootstrap } from "../host/fake/world";
import { checks, setupHost } from "../host/fake/setup";
import type { AccountCheck, SetupHost } from "../host/setup";
import { Setup } from "./setup.svelte";
import SetupWindow from "./SetupWindow.svelte";

let host: SetupHost;
let setup: Setup;
let mounted: Record<string, unknown>;

/** A first run against the made-up host, with some of its answers changed. */
async function begin(query = "", changed: Partial<SetupHost> = {}) {
  host = { ...setupHost(new URLSearchParams(query)), ...changed };
  for (const name of ["saveAccount", "saveConnector", "checkAccount", "finish"] as const) {
    vi.spyOn(host, name);
  }
  setup = new Setup(host);
  const greeting = await host.start({ bootstrap: (told) => setup.greet(told) });
  setup.begin(greeting, await host.offers());
  mounted = mount(SetupWindow, { target: document.body, props: { setup } });
  flushSync();
}

beforeEach(() => vi.spyOn(console, "info").mockImplementation(() => {}));
afterEach(async () => {
  await unmount(mounted);
  vi.restoreAllMocks();
});

const shown = () => {
  flushSync();
  return document.body.textContent!.replace(/\s+/g, " ");
};

const signIn = async () => {
  await setup.next();
  setup.account.draft.values["username"] = "8373456";
  setup.account.password = "secreto";
  await setup.next();
};

test("from a language to a Timbre that works, with Enter alone and no CRM", async () => {
  await begin();
  expect(shown()).toContain("¿En qué idioma trabaja?");
  await signIn();
  expect(shown()).toContain("Conectado");
  await setup.next();
  expect(host.saveAccount).toHaveBeenCalledWith(
    expect.objectContaining({ values: expect.objectContaining({ username: "8373456", endpoints: ["8373456"] }) }),
    "secreto",
    "keyring",
  );
  expect(shown()).toContain("Los resultados quedan en este equipo");
  await setup.next();
  expect(shown()).toContain("La contraseña está en el llavero");
  await setup.next();
  expect(host.finish).toHaveBeenCalledWith(false);
});

test("Enter goes on from anywhere but a button, and a key held down goes no further", async () => {
  await begin();
  const enter = (target: EventTarget, repeat = false) => {
    target.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", repeat, bubbles: true }));
    flushSync();
  };
  enter(document.querySelector("input")!, true);
  enter(document.querySelector("button")!);
  expect(setup.page).toBe("language");
  enter(document.querySelector("input")!);
  expect(setup.page).toBe("account");
});

test("the page speaks another language at once", async () => {
  await begin();
  const spoken = setup.speak("pt");
  expect(shown()).toContain("Em que idioma você trabalha?");
  expect(document.documentElement.lang).toBe("pt");
  await spoken;
  expect(setup.bootstrap?.language).toBe("pt");
});

describe("the account", () => {
  test("what is missing is marked, and the vendor is not asked", async () => {
    await begin();
    await setup.next();
    await setup.next();
    expect(shown()).toContain("Falta este dato.");
    expect(document.querySelector("[aria-invalid=true]")).not.toBeNull();
    expect(host.checkAccount).not.toHaveBeenCalled();
    expect(setup.page).toBe("account");
  });

  test("a wrong password is told at its field, with what to do, and gone once it is mended", async () => {
    await begin("check=password");
    await signIn();
    expect(setup.page).toBe("account");
    expect(shown()).toContain("El proveedor no nos autoriza.");
    expect(shown()).toContain("el usuario o la contraseña no son correctos");
    expect(document.querySelector("[aria-invalid=true]")?.getAttribute("type")).toBe("password");
    setup.account.touched("password");
    expect(shown()).not.toContain("El proveedor no nos autoriza.");
  });

  test("a wrong address opens the fold it stands in", async () => {
    await begin("check=address");
    await signIn();
    flushSync();
    expect(document.querySelector("details")!.open).toBe(true);
  });

  test("Back keeps everything typed, and what was tried is not tried again", async () => {
    await begin();
    await signIn();
    setup.account.tick("8373457", true);
    setup.back();
    setup.back();
    await setup.next();
    flushSync();
    expect([...document.querySelectorAll("input")].map((input) => input.value)).toEqual(
      expect.arrayContaining(["8373456", "secreto"]),
    );
    await setup.next();
    expect(host.checkAccount).toHaveBeenCalledOnce();
    expect(setup.account.mine).toEqual(["8373456", "8373457"]);
  });

  test("another password is tried anew", async () => {
    await begin();
    await signIn();
    setup.back();
    setup.account.password = "otra";
    await setup.next();
    expect(host.checkAccount).toHaveBeenCalledTimes(2);
  });

  test("an answer that comes after the agent went back moves nothing", async () => {
    let answer: (check: AccountCheck) => void = () => {};
    await begin("", { checkAccount: () => new Promise((done) => (answer = done)) });
    await setup.next();
    setup.account.draft.values["username"] = "8373456";
    setup.account.password = "secreto";
    const going = setup.next();
    setup.back();
    expect(setup.page).toBe("language");
    answer(checks.fine!);
    await going;
    expect(setup.page).toBe("language");
    expect(setup.waiting).toBe(false);
  });

  test("a user name that is no line, a clock that is off and a zone that fits are told; no line is no way on", async () => {
    await begin("check=strange");
    await signIn();
    expect(shown()).toContain("La extensión 8373456 de su usuario no está en la lista");
    expect(shown()).toContain("America/Panama");
    await setup.next();
    expect(setup.page).toBe("endpoints");
    expect(host.saveAccount).not.toHaveBeenCalled();
    setup.account.fit("America/Panama");
    setup.account.tick("8373458", true);
    await setup.next();
    expect(host.saveAccount).toHaveBeenCalledWith(
      expect.objectContaining({ values: expect.objectContaining({ endpoints: ["8373458"], time_zone: "America/Panama" }) }),
      "secreto",
      "keyring",
    );
  });

  test("a refused save says so and goes nowhere", async () => {
    await begin("", { saveAccount: () => Promise.reject(refusal("es", "disk_full")) });
    await signIn();
    await setup.next();
    expect(setup.page).toBe("endpoints");
    expect(shown()).toContain("El disco está lleno.");
  });
});

describe("without a keyring", () => {
  test("it is said and asked, and nothing is saved before the agent has chosen", async () => {
    await begin("keyring=missing");
    await signIn();
    await setup.next();
    expect(setup.page).toBe("keyring");
    expect(shown()).toContain("Timbre nunca escribe una contraseña en un archivo");
    expect(shown()).toContain("TIMBRE_SECRET_PRINCIPAL");
    expect(host.saveAccount).not.toHaveBeenCalled();
  });

  test("to try again finds one that was unlocked meanwhile", async () => {
    await begin("keyring=locked&heals");
    await signIn();
    await setup.next();
    expect(setup.page).toBe("keyring");
    await setup.next();
    expect(host.saveAccount).toHaveBeenCalledWith(expect.anything(), "secreto", "keyring");
    expect(setup.page).toBe("crm");
  });

  test("one that lets itself be read and keeps nothing is a locked one", async () => {
    await begin("keyring=works");
    await signIn();
    vi.mocked(host.saveAccount).mockRejectedValueOnce({ code: "keyring_unavailable", what: "", what_to_do: "", detail: "", place: null });
    await setup.next();
    expect(setup.page).toBe("keyring");
    expect(setup.keyring?.state).toBe("locked");
    expect(shown()).toContain("TIMBRE_SECRET_PRINCIPAL");
    await setup.next();
    expect(setup.page).toBe("crm");
  });

  test("to try again in vain stays where it is", async () => {
    await begin("keyring=silent");
    await signIn();
    await setup.next();
    await setup.next();
    expect(setup.page).toBe("keyring");
    expect(host.saveAccount).not.toHaveBeenCalled();
  });

  test("kept until Timbre ends, and the last page says so", async () => {
    await begin("keyring=missing");
    await signIn();
    await setup.next();
    setup.choice = "session";
    await setup.next();
    expect(host.saveAccount).toHaveBeenCalledWith(expect.anything(), "secreto", "session");
    await setup.next();
    expect(shown()).toContain("La contraseña está solo en memoria");
  });
});

describe("the CRM", () => {
  const toCrm = async (query = "") => {
    await begin(query);
    await signIn();
    await setup.next();
    setup.connector.choose(setup.offers.connectors[0]!);
  };

  test("is tried first, then saved where all went well", async () => {
    await toCrm();
    setup.connector.draft.base_url = "https://crm.example.com/";
    setup.connector.key = "llave";
    await setup.next();
    expect(setup.page).toBe("crm");
    expect(shown()).toContain("Entrar timbre-api");
    expect(shown()).toContain("Todo en orden.");
    await setup.next();
    expect(host.saveConnector).toHaveBeenCalledWith(
      expect.objectContaining({ name: "espocrm", file: "espocrm", base_url: "https://crm.example.com/" }),
      "llave",
      "keyring",
    );
    expect(shown()).toContain("Los resultados van a EspoCRM.");
  });

  test("what was changed after the trial is tried anew before it is saved", async () => {
    await toCrm();
    setup.connector.draft.base_url = "https://crm.example.com/";
    setup.connector.key = "llave";
    await setup.next();
    setup.connector.key = "otra";
    await setup.next();
    expect(setup.page).toBe("crm");
    expect(host.saveConnector).not.toHaveBeenCalled();
  });

  test("that refuses us shows the step and what to do, saves nothing, and can be skipped", async () => {
    await toCrm("crm=refused");
    setup.connector.draft.base_url = "https://crm.example.com/";
    setup.connector.key = "llave";
    await setup.next();
    expect(shown()).toContain("Revise la dirección, la clave de API");
    expect(host.saveConnector).not.toHaveBeenCalled();
    setup.skip();
    expect(shown()).toContain("Sin CRM");
    setup.back();
    expect(setup.connector.draft.base_url).toBe("https://crm.example.com/");
  });

  test("lacks are marked in their order", async () => {
    await toCrm();
    await setup.pick();
    await setup.next();
    expect(setup.connector.wrong?.field).toBe("base_url");
    setup.connector.draft.base_url = "https://crm.example.com/";
    await setup.next();
    expect(setup.connector.wrong?.field).toBe("key");
    setup.connector.key = "llave";
    await setup.next();
    expect(setup.connector.wrong?.field).toBe("team");
    expect(setup.connector.draft.name).toBe("micrm");
  });
});

test("every page has words in every language", async () => {
  await begin("keyring=missing");
  await signIn();
  for (const language of ["es", "en", "pt"] as const) {
    setup.greet(bootstrap(language));
    for (const page of ["language", "account", "endpoints", "keyring", "crm", "ready"] as const) {
      setup.page = page;
      expect(shown()).not.toMatch(/undefined|(setup|keyring)\.[a-z]/);
    }
  }
});
