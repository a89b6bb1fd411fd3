import { expect, test } from "vitest";

import { Latest } from "./latest";

test("while an answer is on its way only the last question is kept, and late answers are dropped", async () => {
  const asked: string[] = [];
  const taken: string[] = [];
  let answer: (text: string) => void = () => undefined;
  const latest = new Latest<string, string>(
    (question) => {
      asked.push(question);
      return new Promise((done) => (answer = done));
    },
    (question, text) => taken.push(`${question}=${text}`),
    () => undefined,
  );
  const all = latest.ask("a");
  void latest.ask("b");
  void latest.ask("c");
  answer("1");
  await Promise.resolve();
  await Promise.resolve();
  answer("3");
  await all;
  expect(asked).toEqual(["a", "c"]);
  expect(taken).toEqual(["c=3"]);
});

test("a question that fails does not stop the next one", async () => {
  const failed: string[] = [];
  const latest = new Latest<string, string>(
    (question) => Promise.reject(question),
    () => undefined,
    (question) => failed.push(question),
  );
  await latest.ask("a");
  await latest.ask("b");
  expect(failed).toEqual(["a", "b"]);
});
