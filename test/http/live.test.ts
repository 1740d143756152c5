import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { createFollowed } from "../../src/http/followed.ts";
import { createTurnstile } from "../../src/http/turnstile.ts";
import { liveOverMemory, seqOperation } from "./live-operations.ts";

it("answers to one entry that take long are made in turns, however many operations are told of it", async () => {
  const clock = { now: 1_000 };
  const turnstile = createTurnstile({
    shareMs: 5,
    mostWaiting: Infinity,
    now: () => clock.now,
  });
  const memory = liveOverMemory(0, { turnstile });
  let made = 0;
  let told = 0;
  const operations = 20;
  for (let index = 0; index < operations; index += 1) {
    const key = `operation ${index}`;
    const answer = async () => {
      // As what is read in between does, it lets those go on who were let in with it.
      await Promise.resolve();
      clock.now += 10;
      made += 1;
      return { data: {} };
    };
    memory.live.begin(
      {
        ...seqOperation(0, { key }),
        is: "entries",
        says: key,
        after: 0,
        tell: () => ({ as: "told", answer }),
      },
      {
        write: () => {
          told += 1;
          return true;
        },
        caughtUp: () => {},
        end: () => {},
      },
    );
  }
  await setImmediate();
  memory.write();
  const inOneTurn: number[] = [];
  for (let before = 0; told < operations; before = made) {
    await setImmediate();
    inOneTurn.push(made - before);
  }
  expect(Math.max(...inOneTurn)).toBe(1);
  memory.fanout[Symbol.dispose]();
});

it("one that there is no room for is told so, and counts no more once it is gone", async () => {
  const { live } = liveOverMemory(0, { followed: createFollowed(100) });
  const begin = async (key: string) => {
    const ended: string[] = [];
    const subscriber = live.begin(seqOperation(0, { key, bytes: { once: 60, each: 20 } }), {
      write: () => true,
      caughtUp() {},
      end: (last, end) => void ended.push(`${end.is} ${last?.json}`),
    });
    await setImmediate();
    return { subscriber, ended };
  };
  const [first, same, other] = [await begin("one"), await begin("one"), await begin("other")];
  expect(first.ended).toEqual([]);
  expect(same.ended).toEqual([]);
  expect(other.ended).toEqual([expect.stringMatching(/^told .*"code":"SERVICE_UNAVAILABLE"/)]);
  other.subscriber[Symbol.dispose]();
  for (const { subscriber } of [first, same]) subscriber[Symbol.dispose]();
  expect((await begin("other")).ended).toEqual([]);
});
