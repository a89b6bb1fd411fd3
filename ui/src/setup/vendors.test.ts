// The first run with vendors that ask for other things than a user name and a password.

import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { checks, setupHost } from "../host/fake/setup";
import type { AccountCheck, SetupHost } from "../host/setup";
import { Setup } from "./setup.svelte";
import SetupWindow from "./SetupWindow.svelte";

let host: SetupHost;
let setup: Setup;
let mounted: Record<string, unknown>;

/** A first run on its page about the account, with some of the host's answers changed. */
async function begin(query = "vendor=formcall", changed: Partial<SetupHost> = {}) {
  host = { ...setupHost(new URLSearchParams(query)), ...changed };
  for (const name of ["saveAccount", "checkAccount"] as const) {
    vi.spyOn(host, name);
  }
  setup = new Setup(host);
  setup.begin(await host.start({ bootstrap: (told) => setup.greet(told) }), await host.offers());
  mounted = mount(SetupWindow, { target: document.body, props: { setup } });
  await setup.next();
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
const find = <T extends HTMLElement>(selector: string) => document.querySelector<T>(selector)!;
const labels = () => {
  flushSync();
  return [...document.querySelectorAll("main label, main legend")].map((label) => label.textContent!.replace(/\s+/g, " ").trim());
};
function write(field: HTMLInputElement | HTMLTextAreaElement, text: string) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  flushSync();
}
function choose(select: HTMLSelectElement, value: string) {
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
  flushSync();
}
const cells = () => [...document.querySelectorAll<HTMLInputElement>("fieldset input")];
function signIn() {
  write(find("input[type=password]"), "token");
  write(cells()[0]!, "Marta");
  write(cells()[1]!, "6f1c2a90");
}

describe("the form", () => {
  test("asks for what the vendor describes, in its order, simple things before advanced ones, and for nothing else", async () => {
    await begin();
    const [simple, folded] = [labels(), [...document.querySelectorAll("details label")].map((label) => label.textContent!.trim())];
    expect(simple.slice(0, 3)).toEqual(["Proveedor", "Token de seguridad", "Popup de cada agente"]);
    expect(folded[0]).toBe("Dirección del proveedor");
    expect(folded).toHaveLength(4);
    expect(simple).toHaveLength(3 + 4);
    expect(find<HTMLDetailsElement>("details").open).toBe(false);
  });

  test("draws every kind of field, says what is assumed and what may be left out, and leaves endpoints to their page", async () => {
    await begin("vendor=callmyway");
    const inputOf = (label: string) => find<HTMLInputElement>(`#${[...document.querySelectorAll("label")].find((one) => one.textContent!.includes(label))!.getAttribute("for")}`);
    expect([inputOf("Usuario").type, inputOf("Contraseña").type, inputOf("Números que lo llaman").tagName]).toEqual(["text", "password", "TEXTAREA"]);
    expect(inputOf("Zona horaria").placeholder).toBe("America/Costa_Rica");
    expect(shown()).toContain("America/Costa_Rica si se deja vacío");
    expect(shown()).toContain("4000 si se deja vacío");
    expect(shown()).toContain("Dirección de click-to-dial opcional");
    expect(shown()).not.toContain("Mis extensiones");
    // The first word of a choice is assumed, and stands for nothing said.
    expect([...document.querySelectorAll<HTMLOptionElement>("details select option")].map(({ value }) => value)).toEqual(["", "contact", "", "address"]);
  });

  test("keeps what is typed and chosen in the draft, and says nothing of what was left alone", async () => {
    await begin("vendor=callmyway");
    const before = setup.account.result().values;
    expect(before).toEqual({ base_url: "https://www.callmyway.com", endpoints: [] });
    choose(find("details select"), "contact");
    find<HTMLInputElement>("details input[type=checkbox]").click();
    write(find("details textarea"), "2200 0000\n2200 0001");
    flushSync();
    expect(setup.account.result().values).toEqual({
      ...before,
      ring_first: "contact",
      full_account: true,
      agent_leg_callers: ["2200 0000", "2200 0001"],
    });
    choose(find("details select"), "");
    write(find("details textarea"), "");
    expect(setup.account.result().values).toMatchObject({ ring_first: "", agent_leg_callers: [] });
  });

  test("speaks the language that was chosen meanwhile, and keeps what was typed", async () => {
    await begin();
    signIn();
    await setup.speak("en");
    expect(labels().slice(0, 3)).toEqual(["Provider", "Security token", "Each agent's popup"]);
    expect([find<HTMLInputElement>("input[type=password]").value, ...cells().map(({ value }) => value)]).toEqual(["token", "Marta", "6f1c2a90"]);
  });
});

describe("another vendor", () => {
  test("begins with what is usual there, and the account keeps its name", async () => {
    await begin("vendor=callmyway");
    setup.account.draft.name = "oficina";
    setup.account.draft.values["username"] = "8373456";
    setup.account.password = "secreto";
    choose(find("select"), "formcall");
    expect(setup.account.draft).toEqual({
      name: "oficina",
      provider: "formcall",
      values: { base_url: "https://clickandtalk.medularis.com" },
      allow_plain_http: false,
    });
    // The password of one vendor is never sent to another.
    expect(setup.account.password).toBe("");
    expect(labels()).not.toContain("Usuario");
  });

  test("what was typed for the first one is there again when the agent comes back to it", async () => {
    await begin("vendor=callmyway");
    setup.account.draft.values["username"] = "8373456";
    setup.account.password = "secreto";
    choose(find("select"), "formcall");
    signIn();
    choose(find("select"), "callmyway");
    expect([setup.account.draft.values["username"], setup.account.password]).toEqual(["8373456", "secreto"]);
    choose(find("select"), "formcall");
    expect(cells().map(({ value }) => value)).toEqual(["Marta", "6f1c2a90"]);
  });

  test("an answer to the vendor before changes nothing", async () => {
    let answer: (check: AccountCheck) => void = () => {};
    await begin("", { checkAccount: () => new Promise((done) => (answer = done)) });
    setup.account.draft.values["username"] = "8373456";
    setup.account.password = "secreto";
    const going = setup.next();
    choose(find("select"), "formcall");
    answer(checks.fine!);
    await going;
    expect([setup.page, setup.account.check, setup.waiting]).toEqual(["account", null, false]);
  });
});

describe("a vendor that lists no endpoints", () => {
  test("says after the check that the sign-in works, and the next step saves without asking for endpoints", async () => {
    await begin();
    signIn();
    await setup.next();
    expect(setup.page).toBe("account");
    expect(shown()).toContain("FormCall lo deja entrar.");
    expect(shown()).toContain("la contraseña se guarda en el llavero del sistema");
    expect(shown()).not.toContain("llamadas activas");
    expect(host.saveAccount).not.toHaveBeenCalled();
    await setup.next();
    expect(host.saveAccount).toHaveBeenCalledExactlyOnceWith(
      {
        name: "principal",
        provider: "formcall",
        values: { base_url: "https://clickandtalk.medularis.com", popups: { Marta: "6f1c2a90" } },
        allow_plain_http: false,
      },
      "token",
      "keyring",
    );
    expect(host.checkAccount).toHaveBeenCalledOnce();
    expect(setup.page).toBe("crm");
    await setup.next();
    expect(shown()).not.toContain("extensiones:");
  });

  test("the dots count one page less, and Back leads past the page that is not there", async () => {
    await begin();
    expect([setup.step, setup.steps]).toEqual([1, 4]);
    signIn();
    await setup.next();
    await setup.next();
    expect([setup.page, setup.step]).toEqual(["crm", 2]);
    setup.back();
    expect(setup.page).toBe("account");
  });

  test("what was changed after the check is checked anew before it is saved", async () => {
    await begin();
    signIn();
    await setup.next();
    write(cells()[1]!, "another");
    expect(shown()).not.toContain("lo deja entrar");
    await setup.next();
    expect(host.saveAccount).not.toHaveBeenCalled();
    expect(host.checkAccount).toHaveBeenCalledTimes(2);
  });

  test("without a keyring it is asked for, one page further, and Back from there leads to the account", async () => {
    await begin("vendor=formcall&keyring=missing");
    signIn();
    await setup.next();
    await setup.next();
    expect([setup.page, setup.step]).toEqual(["keyring", 1]);
    setup.back();
    expect(setup.page).toBe("account");
  });

  test("a token that is refused is told at its own field", async () => {
    await begin("vendor=formcall&check=password");
    signIn();
    await setup.next();
    expect(setup.account.at("security_token")?.what).toBe("El proveedor no nos autoriza.");
    expect(find("[aria-invalid=true]").getAttribute("type")).toBe("password");
  });
});

describe("a table", () => {
  const add = () => {
    [...document.querySelectorAll("button")].find((one) => one.textContent === "Agregar otro")!.click();
    flushSync();
  };

  test("one that must be filled in and is not is marked after what stands before it", async () => {
    await begin();
    await setup.next();
    expect(setup.account.wrong?.field).toBe("security_token");
    write(find("input[type=password]"), "token");
    await setup.next();
    expect(setup.account.wrong?.field).toBe("popups");
    expect(shown()).toContain("Falta este dato.");
    write(cells()[0]!, "Marta");
    expect(setup.account.wrong).toBeNull();
  });

  test("half a row, and two rows of one name, are told and never dropped in silence", async () => {
    await begin();
    signIn();
    add();
    write(cells()[2]!, "Diego");
    await setup.next();
    expect(shown()).toContain("Falta este dato.");
    write(cells()[2]!, "Marta");
    write(cells()[3]!, "0d0d0d0d");
    await setup.next();
    expect(shown()).toContain("Este nombre ya está en uso.");
    expect(host.checkAccount).not.toHaveBeenCalled();
    write(cells()[2]!, "Diego");
    await setup.next();
    expect(setup.account.result().values["popups"]).toEqual({ Marta: "6f1c2a90", Diego: "0d0d0d0d" });
  });

  test("a row is removed by its button, and Back keeps the others", async () => {
    await begin();
    signIn();
    add();
    write(cells()[2]!, "Diego");
    find<HTMLButtonElement>('[aria-label="Quitar Marta"]').click();
    flushSync();
    setup.back();
    await setup.next();
    flushSync();
    expect(cells().map(({ value }) => value)).toEqual(["Diego", ""]);
  });
});
