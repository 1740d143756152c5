import { setImmediate } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { OverloadedError, ReadTimeoutError } from "../../src/domain/failure.ts";
import type { Reader } from "../../src/store/reader.ts";
import { limitHeavy } from "../../src/store/postgres/limit-heavy.ts";
import { createSemaphore } from "../../src/store/semaphore.ts";

const everything = { filter: {}, now: 0 } as const;

/** A reader that answers when it is told to, and how many questions it has been asked. */
function asking(mostWaiting = 10) {
  const answers: (() => void)[] = [];
  const answer = () => new Promise<number>((resolve) => answers.push(() => resolve(1)));
  const quick = { bounds: answer, issuePage: answer, transitionsOf: answer };
  const reader = { issueCount: answer, ...quick } as unknown as Reader;
  return { answers, limited: limitHeavy(reader, createSemaphore({ atOnce: 2, waitMs: 5_000, mostWaiting })) };
}

/** Answers all that is asked, until nothing waits. */
async function answered(answers: readonly (() => void)[], asked: readonly Promise<unknown>[]): Promise<void> {
  let isOver = false;
  const over = Promise.all(asked).then(() => (isOver = true));
  for (; !isOver; await setImmediate()) for (const answer of answers) answer();
  await over;
}

afterEach(() => {
  vi.useRealTimers();
});

it("asks few heavy questions at once, and the next as soon as one is answered", async () => {
  const { answers, limited } = asking();
  const counts = [1, 2, 3, 4].map(() => limited.issueCount(everything));
  await setImmediate();
  expect(answers).toHaveLength(2);
  answers[1]!();
  await setImmediate();
  expect(answers).toHaveLength(3);
  answers[0]!();
  await setImmediate();
  expect(answers).toHaveLength(4);
  for (const answer of answers) answer();
  await Promise.all(counts);
  // All have left: as many as before begin at once.
  const more = [1, 2, 3].map(() => limited.issueCount(everything));
  await setImmediate();
  expect(answers).toHaveLength(6);
  await answered(answers, more);
});

it("asks quick questions meanwhile", async () => {
  const { answers, limited } = asking();
  const counts = [1, 2, 3].map(() => limited.issueCount(everything));
  const bounds = limited.bounds();
  const order = { field: "COUNT", direction: "ASC" } as const;
  const page = { limit: 1, from: "first", after: null, before: null, order, now: 0 } as const;
  const issues = limited.issuePage({ ...page, filter: {} });
  const transitions = limited.transitionsOf(["1"]);
  await setImmediate();
  expect(answers).toHaveLength(5);
  await answered(answers, [...counts, bounds, issues, transitions]);
});

it("ends what has no turn in time, which then asks nothing, and refuses more than may wait", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { answers, limited } = asking(1);
  const counts = [1, 2].map(() => limited.issueCount(everything));
  const late = expect(limited.issueCount(everything)).rejects.toThrow(ReadTimeoutError);
  await expect(limited.issueCount(everything)).rejects.toThrow(OverloadedError);
  await vi.advanceTimersByTimeAsync(5_000);
  await late;
  for (const answer of answers) answer();
  await Promise.all(counts);
  expect(answers).toHaveLength(2);
});
