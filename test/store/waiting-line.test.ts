import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ReadTimeoutError } from "../../src/domain/failure.ts";
import { createWaitingLine } from "../../src/store/waiting-line.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

const waitMs = 100;

it("lets nobody wait for longer than they may", async () => {
  const line = createWaitingLine<string>({ waitMs, mostWaiting: 10 });
  const waiting = expect(line.wait()).rejects.toThrow(ReadTimeoutError);
  vi.advanceTimersByTime(waitMs);
  await waiting;
  expect(line.next()).toBeUndefined();
});

it("leaves others in the line when what comes to the first takes longer than they may wait", async () => {
  const line = createWaitingLine<string>({ waitMs, mostWaiting: 10 });
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
