import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { LiveOperation } from "../../src/graphql/live/live-operation.ts";
import { createSubscriptionRoom } from "../../src/http/limits/subscription-room.ts";
import { createTurnstile } from "../../src/http/limits/turnstile.ts";
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
        connection: { client: "one" },
        hasRoom: () => true,
        write: () => void (told += 1),
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

describe("what is to be told to those who have left", () => {
  const sink = { connection: { client: "one" }, hasRoom: () => true, write() {}, caughtUp() {}, end() {} };

  /** What waits, waits until it is let in. */
  function gated() {
    const gate = Promise.withResolvers<boolean>();
    const memory = liveOverMemory(3, { turnstile: { enter: () => gate.promise } });
    return {
      live: memory.live,
      async letIn() {
        gate.resolve(true);
        for (let turn = 0; turn < 20; turn += 1) await setImmediate();
      },
    };
  }

  it("is not made, where nobody else waits for it", async () => {
    const { live, letIn } = gated();
    let made = 0;
    const operation = (key: string): LiveOperation => ({
      ...seqOperation(0, { key }),
      is: "entries",
      says: key,
      after: 0,
      tell: () => ({
        as: "told",
        async answer() {
          made += 1;
          return { data: {} };
        },
      }),
    });
    const [gone, oneOfTwo] = ["gone", "here", "here"].map((key) => live.begin(operation(key), sink));
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    for (const leaving of [gone!, oneOfTwo!]) leaving[Symbol.dispose]();
    await letIn();
    expect(made).toBe(3);
  });

  it("is not read, where it is a figure", async () => {
    const { live, letIn } = gated();
    let reads = 0;
    const figures: LiveOperation = {
      is: "figures",
      key: "figures",
      bytes: { once: 0, each: 0 },
      epoch: "e",
      concerns: () => true,
      async read() {
        reads += 1;
        return { data: {} };
      },
    };
    const gone = live.begin(figures, sink);
    await setImmediate();
    gone[Symbol.dispose]();
    await letIn();
    expect(reads).toBe(0);
  });
});

it("one that there is no room for is told so, and counts no more once it is gone", async () => {
  const { live } = liveOverMemory(0, { subscriptionRoom: createSubscriptionRoom(100) });
  const begin = async (key: string) => {
    const ended: string[] = [];
    const subscriber = live.begin(seqOperation(0, { key, bytes: { once: 60, each: 20 } }), {
      connection: { client: "one" },
      hasRoom: () => true,
      write() {},
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
