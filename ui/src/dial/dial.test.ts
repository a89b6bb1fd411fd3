import { flushSync, mount, tick, unmount } from "svelte";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { DialProgress } from "../bindings/DialProgress";
import { progressOf, refusal, wishes } from "../host/fake/dial";
import { ana, bootstrap, marco, shy, world } from "../host/fake/world";
import type { DialHost, DialWish, FoundContact, NumberRead } from "../host/host";
import { DialWindow } from "./dial.svelte";
import Page from "./DialWindow.svelte";
import { type Press, press } from "./keys";

const found = (name: string): FoundContact => world.people.find(({ contact }) => contact.name === name)!;
const wish = (more: Partial<DialWish>): DialWish => ({
  number: "",
  from: "hotkey",
  contact: null,
  refusal: null,
  extension: null,
  context: null,
  ...more,
});

/** A host whose answers come when the test says so. */
class Held {
  readonly asked: string[] = [];
  #answers = new Map<string, (found: FoundContact[]) => void>();
  search(text: string): Promise<FoundContact[]> {
    this.asked.push(text);
    return new Promise((done) => this.#answers.set(text, done));
  }
  answer(text: string, contacts: FoundContact[]): Promise<void> {
    this.#answers.get(text)!(contacts);
    return settle();
  }
}

/** Everything that has been answered has come through. */
const settle = async () => {
  for (let n = 0; n < 8; n++) {
    await Promise.resolve();
  }
  flushSync();
};

let now = 0;
let dial: DialWindow;
let host: { [name in keyof DialHost]: ReturnType<typeof vi.fn<DialHost[name]>> };
let mounted: Record<string, unknown>;

beforeEach(() => {
  now = 1_000_000;
  // The glass is always painted at once here.
  vi.stubGlobal("requestAnimationFrame", (done: () => void) => {
    done();
    return 0;
  });
  host = {
    start: vi.fn(),
    search: vi.fn(() => Promise.resolve([found("Ana Lucía Fernández")])),
    recent: vi.fn(() => Promise.resolve([])),
    readNumber: vi.fn((text: string): Promise<NumberRead> =>
      /^[\d +-]{5,}$/.test(text)
        ? Promise.resolve({ written: text, dial: `+506${text.replace(/\D/g, "")}`, extension: null, caller_id_code: null, contacts: [] })
        : Promise.reject(refusal("es", "bad_number")),
    ),
    chooseIdentity: vi.fn(() => Promise.resolve()),
    dial: vi.fn(() => Promise.resolve("dial-1")),
    height: vi.fn(() => Promise.resolve()),
    close: vi.fn(() => Promise.resolve()),
  };
  dial = new DialWindow(host, () => now);
  dial.greet(bootstrap("es"));
  mounted = mount(Page, { target: document.body, props: { dial } });
});

afterEach(async () => {
  await unmount(mounted);
  vi.unstubAllGlobals();
});

const key = (name: string, more: Partial<Press> = {}) => {
  const meant = press(dial, {
    key: name,
    mod: false,
    shift: false,
    repeat: false,
    composing: false,
    at: "field",
    atEnd: true,
    ...more,
  });
  flushSync();
  return meant;
};
const shown = () => {
  flushSync();
  return document.body.textContent ?? "";
};
const titles = () => dial.search.rows.map((row) => row.title);

describe("as one types", () => {
  test("an answer that comes after a later question was asked is dropped, and nothing flickers meanwhile", async () => {
    const held = new Held();
    host.search.mockImplementation((text) => held.search(text));
    void dial.type("a");
    void dial.type("an");
    void dial.type("ana");
    await held.answer("ana", [found("Ana Lucía Fernández")]);
    expect(titles()).toEqual(["Ana Lucía Fernández"]);
    await held.answer("a", [found("Marco Rojas")]);
    expect(titles()).toEqual(["Ana Lucía Fernández"]);
    void dial.type("mar");
    expect(titles()).toEqual(["Ana Lucía Fernández"]);
  });

  test("Enter before the answer is there dials what the answer brings, not what stood there before", async () => {
    const held = new Held();
    host.search.mockImplementation((text) => held.search(text));
    void dial.type("ana");
    await held.answer("ana", [found("Ana Lucía Fernández")]);
    void dial.type("marco");
    key("Enter");
    expect(host.dial).not.toHaveBeenCalled();
    await held.answer("marco", [found("Marco Rojas")]);
    expect(host.dial).toHaveBeenCalledWith("+50687120045", "Ventas", marco.id, []);
  });

  test("digits show the number as it will be dialled before the contacts", async () => {
    await dial.type("2290 44");
    expect(dial.search.rows[0]).toMatchObject({ kind: "number", title: "2290 44", beside: "Nadie con este número" });
    key("Enter");
    expect(host.dial).toHaveBeenCalledWith("+506229044", "Ventas", null, []);
  });

  test("letters are never asked about as a number", async () => {
    await dial.type("ana");
    expect(host.readNumber).not.toHaveBeenCalled();
  });

  test("where nothing is found, that is said, with what to do", async () => {
    host.search.mockResolvedValue([]);
    await dial.type("zoraida");
    expect(shown()).toContain("No hay contactos con «zoraida»");
  });
});

describe("by keyboard", () => {
  test("arrows go round, and a contact's numbers open and close", async () => {
    host.search.mockResolvedValue([found("Ana Lucía Fernández"), found("Esteban Quirós")]);
    await dial.type("a");
    key("ArrowUp");
    expect(dial.search.chosen?.title).toBe("Esteban Quirós");
    expect(key("ArrowRight")).toBe(false);
    key("ArrowDown");
    expect(key("Tab")).toBe(true);
    expect(dial.search.rows.map(({ title, beside }) => [title, beside])).toEqual([
      ["8888 4787", "celular"],
      ["2442 1180", "trabajo"],
      ["2441 9032", "casa"],
    ]);
    key("Escape");
    expect(dial.search.chosen?.title).toBe("Ana Lucía Fernández");
    key("ArrowRight");
    key("ArrowDown");
    key("Enter");
    expect(host.dial).toHaveBeenCalledWith("+50624421180", "Ventas", ana.id, []);
  });

  test("a digit with Control dials its row", async () => {
    host.search.mockResolvedValue([found("Ana Lucía Fernández"), found("Fabiola Araya")]);
    await dial.type("a");
    key("2", { mod: true });
    expect(host.dial).toHaveBeenCalledWith("+50622210098", "Ventas", "contact:Fabiola Araya", []);
  });

  test("Esc clears the field, then leaves", async () => {
    await dial.type("ana");
    key("Escape");
    await settle();
    expect(dial.search.text).toBe("");
    expect(host.close).not.toHaveBeenCalled();
    key("Escape");
    expect(host.close).toHaveBeenCalledOnce();
  });

  test("a letter that an input method is still making is left to it", () => {
    expect(key("Enter", { composing: true })).toBe(false);
  });

  test("Control and I goes through the identities, and the choice is remembered and used", async () => {
    key("i", { mod: true });
    expect(dial.identity?.label).toBe("Soporte");
    expect(host.chooseIdentity).toHaveBeenCalledWith("Soporte");
    await dial.type("2290 4400");
    key("Enter");
    expect(host.dial).toHaveBeenCalledWith("+50622904400", "Soporte", null, []);
  });

  test("the remembered identity is the one shown", () => {
    const greeting = bootstrap("es");
    dial.greet({ ...greeting, preferences: { ...greeting.preferences, identity: "Soporte" } });
    expect(dial.identity?.label).toBe("Soporte");
  });
});

describe("somebody who does not want to be called", () => {
  beforeEach(async () => {
    host.search.mockResolvedValue([found("Beatriz Solano")]);
    await dial.type("bea");
    key("Enter");
    await tick();
    await settle();
  });

  test("is asked about once more, in place; a key held down is no answer", () => {
    expect(host.dial).not.toHaveBeenCalled();
    expect(shown()).toContain("Beatriz Solano no quiere que lo llamen");
    now += 1000;
    key("Enter", { repeat: true });
    expect(host.dial).not.toHaveBeenCalled();
    key("Enter");
    expect(host.dial).toHaveBeenCalledWith("+50683205511", "Ventas", shy.id, ["do_not_call"]);
  });

  test("Esc leads back to the list", () => {
    key("Escape");
    expect(shown()).not.toContain("no quiere que lo llamen.");
    expect(dial.search.text).toBe("bea");
  });

  test("is asked about, too, where only the host knows", async () => {
    key("Escape");
    host.dial.mockRejectedValueOnce(refusal("es", "do_not_call"));
    await dial.type("2290 4400");
    key("Enter");
    await settle();
    expect(dial.despite?.dial).toBe("+50622904400");
  });
});

describe("while the vendor shows a call that began long ago", () => {
  test("it is asked once more, and who insists is not asked about it again", async () => {
    host.dial.mockRejectedValueOnce(refusal("es", "stale_call"));
    await dial.type("2290 4400");
    key("Enter");
    await settle();
    flushSync();
    expect(shown()).toContain("empezó hace horas");
    now += 1_000;
    key("Enter");
    await settle();
    expect(host.dial).toHaveBeenLastCalledWith("+50622904400", "Ventas", null, ["stale_call"]);
  });

  test("a contact who does not want to be called is asked about as well", async () => {
    await dial.type("bea");
    host.dial.mockRejectedValueOnce(refusal("es", "do_not_call")).mockRejectedValueOnce(refusal("es", "stale_call"));
    await dial.type("2290 4400");
    key("Enter");
    await settle();
    flushSync();
    now += 1_000;
    key("Enter");
    await settle();
    flushSync();
    now += 1_000;
    key("Enter");
    await settle();
    expect(host.dial).toHaveBeenLastCalledWith("+50622904400", "Ventas", null, ["do_not_call", "stale_call"]);
  });
});

describe("a number that was not typed here", () => {
  test("is shown with who has it and where it comes from, and nothing is dialled", async () => {
    host.readNumber.mockResolvedValue({ written: "8888 4787", dial: "+50688884787", extension: null, caller_id_code: null, contacts: [ana] });
    await dial.wish(wish(wishes.link!));
    expect(shown()).toContain("Un enlace de otro programa pide llamar a este número");
    expect(shown()).toContain("8888 4787");
    expect(shown()).toContain("Ana Lucía Fernández");
    expect(host.dial).not.toHaveBeenCalled();
  });

  test("an Enter that was being typed elsewhere never dials a link: not before 400 ms, and not held down", async () => {
    await dial.wish(wish(wishes.link!));
    flushSync();
    now += 399;
    key("Enter", { at: "elsewhere" });
    now += 1000;
    key("Enter", { at: "elsewhere", repeat: true });
    expect(host.dial).not.toHaveBeenCalled();
    key("Enter", { at: "elsewhere" });
    expect(host.dial).toHaveBeenCalledOnce();
  });

  test("a click counts no sooner than a key: the window may have come up under a double click", async () => {
    await dial.wish(wish(wishes.link!));
    flushSync();
    const yes = () => document.querySelector<HTMLButtonElement>("button.main")!;
    yes().click();
    expect(host.dial).not.toHaveBeenCalled();
    now += 400;
    yes().click();
    expect(host.dial).toHaveBeenCalledOnce();
  });

  test("time counts anew when the window gets the keyboard late", async () => {
    await dial.wish(wish(wishes.link!));
    flushSync();
    now += 5000;
    dial.guard.again(now);
    now += 100;
    key("Enter", { at: "elsewhere" });
    expect(host.dial).not.toHaveBeenCalled();
  });

  test("no button has the keyboard, but the question as a whole", async () => {
    await dial.wish(wish(wishes.link!));
    flushSync();
    expect(document.activeElement?.getAttribute("role")).toBe("dialog");
  });

  test("Enter on the button that cancels cancels", async () => {
    await dial.wish(wish(wishes.link!));
    now += 1000;
    expect(key("Enter", { at: "control" })).toBe(false);
    expect(host.dial).not.toHaveBeenCalled();
  });

  test("a link that can't be dialled says why, and offers nothing to dial", async () => {
    await dial.wish(wish({ from: "link", refusal: "El enlace lleva un código de servicio." }));
    expect(shown()).toContain("El enlace no se puede marcar");
    expect(shown()).toContain("El enlace lleva un código de servicio.");
    expect(document.querySelector("button.main")).toBeNull();
    now += 5000;
    key("Enter", { at: "elsewhere" });
    expect(host.dial).not.toHaveBeenCalled();
  });

  test("what was typed behind and before a number and is not dialled is told", async () => {
    const read = { written: "2222 3333 ext. 105", dial: "22223333", extension: "105", caller_id_code: "#31#", contacts: [] };
    host.readNumber.mockResolvedValue(read);
    await dial.wish({ ...wish({}), number: "#31#2222-3333 ext. 105", from: "clipboard" });
    expect(shown()).toContain("105");
    expect(shown()).toContain("#31#");
  });

  test("an extension and a doubtful place are told", async () => {
    await dial.wish(wish(wishes.linkextension!));
    expect(shown()).toContain("Pida la extensión 204");
    expect(shown()).toContain("clinica.example");
  });

  test("a copied name is looked for instead", async () => {
    await dial.wish(wish({ from: "selection", number: "Ana" }));
    expect(dial.mode).toBe("search");
    expect(dial.search.text).toBe("Ana");
    expect(titles()).toEqual(["Ana Lucía Fernández"]);
  });

  test("a call-back is dialled for its contact", async () => {
    await dial.wish(wish({ from: "call_back", number: "2436 2300", contact: "c-7" }));
    flushSync();
    now += 300;
    key("Enter", { at: "elsewhere" });
    expect(host.dial).toHaveBeenCalledWith("+50624362300", "Ventas", "c-7", []);
  });

  test("what a stranger put into a link is text, on one line, and not endless", async () => {
    host.readNumber.mockRejectedValue(refusal("es", "bad_number"));
    await dial.wish(wish({ from: "link", number: `<img src=x>\u202e\n${"9".repeat(500)}` }));
    flushSync();
    expect(document.querySelector("main img")).toBeNull();
    expect(dial.question?.asked).toHaveLength(100);
    expect(dial.question?.asked).not.toMatch(/[\u202e\n]/);
  });

  test("a later wish takes the place of an earlier one that is still being read", async () => {
    let answer: (read: NumberRead) => void = () => {};
    host.readNumber.mockImplementationOnce(() => new Promise((done) => (answer = done)));
    void dial.wish(wish({ from: "link", number: "1111 1111" }));
    await dial.wish(wish({ from: "link", number: "2222 2222" }));
    answer({ written: "1111 1111", dial: "+50611111111", extension: null, caller_id_code: null, contacts: [] });
    await settle();
    expect(dial.question?.target?.dial).toBe("+50622222222");
  });
});

describe("a dial under way", () => {
  const step = (state: DialProgress["state"], more: Partial<DialProgress> = {}): DialProgress => ({
    id: "dial-1",
    state,
    at: new Date(now).toISOString(),
    call_key: null,
    error: null,
    ...more,
  });

  const dialled = async () => {
    await dial.type("2290 4400");
    key("Enter");
    await settle();
  };

  test("climbs from asking to the conversation", async () => {
    await dialled();
    expect(shown()).toContain("Pidiendo la llamada…");
    dial.progress(step("agent_ringing"));
    flushSync();
    expect(document.querySelector("li.now")?.textContent).toContain("Suena su teléfono: conteste");
    dial.progress(step("connected"));
    flushSync();
    expect(document.querySelectorAll("li.done")).toHaveLength(5);
  });

  test("what is heard before the host has answered is not lost, and other dials are not its own", async () => {
    let answer: (id: string) => void = () => {};
    host.dial.mockImplementation(() => new Promise((done) => (answer = done)));
    await dialled();
    dial.progress(step("accepted", { id: "other" }));
    dial.progress(step("accepted"));
    dial.progress(step("agent_ringing"));
    expect(dial.going?.watched.state).toBe("requested");
    answer("dial-1");
    await settle();
    expect(dial.going?.watched.state).toBe("agent_ringing");
    dial.progress(step("failed", { id: "other" }));
    expect(dial.going?.watched.state).toBe("agent_ringing");
  });

  test("a failure says why and what to do, and can be tried again on purpose", async () => {
    await dialled();
    dial.progress(step("failed", { error: "already_in_call" }));
    expect(shown()).toContain("Ya hay una llamada activa");
    expect(shown()).toContain("termínela y marque de nuevo");
    key("Enter", { at: "elsewhere" });
    expect(host.dial).toHaveBeenCalledOnce();
    now += 300;
    key("Enter", { at: "elsewhere" });
    expect(host.dial).toHaveBeenCalledTimes(2);
  });

  test("a refusal before anything was sent is told in its own words", async () => {
    host.dial.mockRejectedValue(refusal("es", "not_authorised"));
    await dialled();
    expect(shown()).toContain("El proveedor no nos autoriza.");
    expect(document.querySelector("ol li.now")).toBeNull();
  });

  test("no call: the likely reasons, each with its remedy; and should it appear after all, it goes on", async () => {
    await dialled();
    for (const progress of progressOf("dial-1", "nocall")) {
      dial.progress(progress);
    }
    expect(shown()).toContain("su teléfono no está registrado con el proveedor");
    expect(shown()).toContain("Revise que su teléfono o softphone esté encendido");
    dial.progress(step("agent_ringing"));
    expect(dial.trouble).toBeNull();
  });

  test("leaving the window does not lose the dial; a finished one is not shown again", async () => {
    await dialled();
    key("Escape", { at: "elsewhere" });
    expect(host.close).toHaveBeenCalledOnce();
    dial.progress(step("agent_ringing"));
    await dial.wish(wish({}));
    expect(dial.going?.watched.state).toBe("agent_ringing");
    dial.progress(step("connected"));
    await dial.wish(wish({}));
    expect(dial.mode).toBe("search");
  });

  test("one that a person asked for on the command line or in the tray is dialled at once and followed", async () => {
    await dial.wish(wish({ from: "command", number: "2290 4400" }));
    await vi.waitFor(() => expect(host.dial).toHaveBeenCalledOnce());
    expect(shown()).toContain("2290 4400");
  });

  test("a command's number that is none is told in words and dials nothing", async () => {
    vi.mocked(host.readNumber).mockRejectedValue({ code: "bad_number", place: "number", what: "No es un número", what_to_do: "Revíselo", detail: "" });
    await dial.wish(wish({ from: "command", number: "nadie" }));
    expect(shown()).toContain("No es un número");
    expect(host.dial).not.toHaveBeenCalled();
  });
});
