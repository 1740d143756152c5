import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { OverloadedError, ReadTimeoutError } from "../../src/domain/failure.ts";
import { askedBy } from "../../src/store/asked-by.ts";
import { createFairLine } from "../../src/store/fair-line.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

const waitMs = 100;

it("lets nobody wait for longer than they may", async () => {
  const line = createFairLine<string>({ waitMs, mostWaiting: 10 });
  const waiting = expect(line.wait()).rejects.toThrow(ReadTimeoutError);
  vi.advanceTimersByTime(waitMs);
  await waiting;
  expect(line.next()).toBeUndefined();
});

it("gives clients turns, however many questions of one of them wait", async () => {
  const line = createFairLine<number>({ waitMs, mostWaiting: 10 });
  const given: string[] = [];
  const asked = ["a", "a", "a", "b"].map(async (client) => {
    await askedBy(client, line.wait);
    given.push(client);
  });
  for (const freed of [1, 2, 3, 4]) line.next()!(freed);
  await Promise.all(asked);
  expect(given).toEqual(["a", "b", "a", "a"]);
});

it("refuses the last of the client that has most waiting, where too many wait", async () => {
  const line = createFairLine<string>({ waitMs, mostWaiting: 2 });
  const [first, second] = [askedBy("a", line.wait), askedBy("a", line.wait)];
  const refused = expect(second).rejects.toThrow(OverloadedError);
  const other = askedBy("b", line.wait);
  await refused;
  for (const freed of ["first", "other"]) line.next()!(freed);
  expect(await Promise.all([first, other])).toEqual(["first", "other"]);
});

it("leaves others in the line when what comes to the first takes longer than they may wait", async () => {
  const line = createFairLine<string>({ waitMs, mostWaiting: 10 });
  const first = line.wait();
  const coming = Promise.withResolvers<string>();
  line.next()!(coming.promise);
  vi.advanceTimersByTime(waitMs / 2);
  const second = line.wait();
  vi.advanceTimersByTime(waitMs / 2);
  line.next()!("second");
  coming.resolve("first");
  expect(await Promise.all([first, second])).toEqual(["first", "second"]);
});
