import { expect, it } from "vitest";
import type { Answer } from "../../src/stream/answer.ts";
import { createAnswers } from "../../src/stream/answers.ts";

type TestAnswer = { readonly text: string; readonly bytes: number; readonly failed: Answer["failed"] };

const answer = (text: string, more: Partial<TestAnswer> = {}): TestAnswer => ({
  text,
  bytes: 1,
  failed: "nowhere",
  ...more,
});

const made = (one: TestAnswer) => async () => one;

/** What is answered by this name, by making `other` where nothing is known of it. */
async function told(answers: ReturnType<typeof createAnswers<TestAnswer>>, name: string): Promise<string> {
  return (await answers.named(name, made(answer("other")))).text;
}

it("keeps no answer that was begun before something was erased, though another was begun since", async () => {
  let erased = 0;
  const answers = createAnswers<TestAnswer>(100, () => erased);
  const [before, after] = [Promise.withResolvers<TestAnswer>(), Promise.withResolvers<TestAnswer>()];
  const stale = answers.named("one", () => before.promise);
  erased += 1;
  const fresh = answers.named("one", () => after.promise);
  after.resolve(answer("fresh"));
  expect((await fresh).text).toBe("fresh");
  before.resolve(answer("stale"));
  expect((await stale).text).toBe("stale");
  expect(await told(answers, "one")).toBe("fresh");
});

it("keeps the newest answers that there is room for", async () => {
  const answers = createAnswers<TestAnswer>(3, () => 0);
  for (const name of ["a", "b"]) await answers.named(name, made(answer(name)));
  await answers.named("c", made(answer("c", { bytes: 2 })));
  expect(await told(answers, "b")).toBe("b");
  expect(await told(answers, "c")).toBe("c");
  expect(await told(answers, "a")).toBe("other");
});

it.each(["partly", "wholly"] as const)("keeps none that %s failed", async (failed) => {
  const answers = createAnswers<TestAnswer>(100, () => 0);
  await answers.named("one", made(answer("failed", { failed })));
  expect(await told(answers, "one")).toBe("other");
});
