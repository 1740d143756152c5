import { expect, it } from "vitest";
import { askedBy } from "../../src/store/asked-by.ts";
import type { Answer } from "../../src/stream/operation.ts";
import { createAnswerCache, type Asker } from "../../src/stream/answer-cache.ts";
import { createFairQueue } from "../../src/stream/fair-queue.ts";

type TestAnswer = { readonly text: string; readonly bytes: number; readonly failed: Answer["failed"] };

const answer = (text: string, more: Partial<TestAnswer> = {}): TestAnswer => ({
  text,
  bytes: 1,
  failed: "nowhere",
  ...more,
});

const atOnce = () => createFairQueue({ turn: async () => {}, askedBy });
const asker = (): Asker => ({
  whom: { is: "live", connections: [{ client: "one" }] },
  isWaiting: () => true,
});
const somebody = asker();

const made = (one: TestAnswer) => async () => one;

/** What is answered by this name, by making `other` where nothing is known of it. */
async function told(
  answers: ReturnType<typeof createAnswerCache<TestAnswer>>,
  name: string,
): Promise<string> {
  return (await answers.named(name, made(answer("other")), somebody))!.text;
}

it("keeps no answer that was begun before something was erased, though another was begun since", async () => {
  let erased = 0;
  const answers = createAnswerCache<TestAnswer>(100, () => erased, atOnce());
  const [before, after] = [Promise.withResolvers<TestAnswer>(), Promise.withResolvers<TestAnswer>()];
  const stale = answers.named("one", () => before.promise, asker());
  erased += 1;
  const fresh = answers.named("one", () => after.promise, asker());
  after.resolve(answer("fresh"));
  expect((await fresh)?.text).toBe("fresh");
  before.resolve(answer("stale"));
  expect((await stale)?.text).toBe("stale");
  expect(await told(answers, "one")).toBe("fresh");
});

it("keeps the newest answers that there is room for", async () => {
  const answers = createAnswerCache<TestAnswer>(3, () => 0, atOnce());
  for (const name of ["a", "b"]) await answers.named(name, made(answer(name)), somebody);
  await answers.named("c", made(answer("c", { bytes: 2 })), somebody);
  expect(await told(answers, "b")).toBe("b");
  expect(await told(answers, "c")).toBe("c");
  expect(await told(answers, "a")).toBe("other");
});

it("has all of its room again once something was erased", async () => {
  let erased = 0;
  const answers = createAnswerCache<TestAnswer>(3, () => erased, atOnce());
  await answers.named("before", made(answer("before", { bytes: 3 })), somebody);
  erased += 1;
  await answers.named("after", made(answer("after", { bytes: 3 })), somebody);
  expect(await told(answers, "after")).toBe("after");
});

it.each(["partly", "wholly"] as const)("keeps none that %s failed", async (failed) => {
  const answers = createAnswerCache<TestAnswer>(100, () => 0, atOnce());
  await answers.named("one", made(answer("failed", { failed })), somebody);
  expect(await told(answers, "one")).toBe("other");
});

it("tells whoever asks where making it fails by a fault of ours, and has it made anew after that", async () => {
  const answers = createAnswerCache<TestAnswer>(100, () => 0, atOnce());
  const failing = () => Promise.reject(new RangeError("Invalid string length"));
  await expect(answers.named("one", failing, somebody)).rejects.toThrow("Invalid string length");
  expect(await told(answers, "one")).toBe("other");
});
