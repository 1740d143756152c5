import { expect, it } from "vitest";
import { run, type Clock, type RunOptions } from "../../src/simulate/run.ts";
import type { Answer } from "../../src/simulate/sender.ts";
import { createTally } from "../../src/simulate/tally.ts";
import type { Webhook } from "../../src/simulate/webhook.ts";

const applied: Answer = { is: "answered", status: 202, word: "APPLIED", milliseconds: 2 };
const refusedConnection: Answer = { is: "failed", reason: "ECONNREFUSED" };

function webhook(issueId: string): Webhook {
  return { body: Buffer.from("{}"), headers: {}, issueId, dueAt: 0, what: "created", arrival: "prompt" };
}

function* webhooks(most = Infinity): Generator<Webhook> {
  for (let i = 0; i < most; i++) yield webhook(`${i}`);
}

/** A clock that goes on only when somebody sleeps, or when told. */
function manualClock(): Clock & { advance(ms: number): void } {
  let time = 1_000;
  return {
    now: () => time,
    sleep: async (ms) => {
      time += ms;
    },
    advance: (ms) => {
      time += ms;
    },
  };
}

/** A run with these options: without a rate and without an end, unless they say so. */
function runWith(options: Partial<RunOptions>) {
  return run({
    webhooks: webhooks(),
    send: async () => applied,
    tally: createTally(),
    rate: null,
    concurrency: 4,
    count: null,
    durationMs: null,
    signal: new AbortController().signal,
    clock: manualClock(),
    ...options,
  });
}

it("sends at its rate", async () => {
  const clock = manualClock();
  const times: number[] = [];
  const send = async () => {
    times.push(clock.now() - 1_000);
    return applied;
  };
  expect(await runWith({ clock, send, rate: 5, count: 4 })).toEqual({ is: "finished" });
  expect(times).toEqual([0, 200, 400, 600]);
});

it("takes each webhook only when it is to be sent", async () => {
  const clock = manualClock();
  const takenAt: number[] = [];
  function* source() {
    for (;;) {
      takenAt.push(clock.now() - 1_000);
      yield webhook("1");
    }
  }
  await runWith({ clock, webhooks: source(), rate: 10, count: 3 });
  expect(takenAt).toEqual([0, 100, 200]);
});

it("owes at most a second's worth when it fell behind", async () => {
  const clock = manualClock();
  const times: number[] = [];
  const send = async () => {
    times.push(clock.now() - 1_000);
    if (times.length === 1) clock.advance(60_000);
    return applied;
  };
  await runWith({ clock, send, rate: 5, count: 10 });
  expect(times.filter((time) => time === 60_000).length).toBe(6);
  expect(times.at(-1)).toBe(60_600);
});

it("has at most so many requests without an answer at a time", async () => {
  const answers: ((answer: Answer) => void)[] = [];
  let open = 0;
  let most = 0;
  const send = () => {
    most = Math.max(most, ++open);
    return new Promise<Answer>((resolve) => answers.push(resolve)).finally(() => open--);
  };
  const running = runWith({ send, concurrency: 3, count: 8 });
  while (answers.length < 3) await Promise.resolve();
  for (let i = 0; i < 50; i++) await Promise.resolve();
  expect(answers.length).toBe(3);
  for (let i = 0; i < 8; i++) {
    while (answers.length <= i) await Promise.resolve();
    answers[i]!(applied);
  }
  expect(await running).toEqual({ is: "finished" });
  expect(most).toBe(3);
});

it("ends with what is waiting for its slot, and waits for what is under way", async () => {
  const stop = new AbortController();
  const clock: Clock = {
    now: () => 0,
    // Only the signal ends it.
    sleep: (_ms, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
  };
  const { promise: answer, resolve: answerNow } = Promise.withResolvers<Answer>();
  const tally = createTally();
  let hasEnded = false;
  const running = runWith({ clock, tally, send: () => answer, rate: 1, signal: stop.signal }).finally(() => {
    hasEnded = true;
  });
  while (tally.counts().sent === 0) await Promise.resolve();
  stop.abort();
  for (let i = 0; i < 50; i++) await Promise.resolve();
  expect(hasEnded).toBe(false);
  answerNow(applied);
  expect(await running).toEqual({ is: "stopped" });
  expect(tally.counts().sent).toBe(1);
  expect(tally.counts().byAnswer).toEqual(new Map([["202 APPLIED", 1]]));
});

it("lets the webhooks' source go when it ends early", async () => {
  let isGone = false;
  function* source() {
    try {
      yield* webhooks();
    } finally {
      isGone = true;
    }
  }
  await runWith({ webhooks: source(), count: 2 });
  expect(isGone).toBe(true);
});

it("ends after its duration, and with its webhooks", async () => {
  const clock = manualClock();
  const tally = createTally();
  expect(await runWith({ clock, tally, rate: 10, durationMs: 1_000 })).toEqual({ is: "finished" });
  expect(tally.counts().sent).toBe(10);
  expect(await runWith({ webhooks: webhooks(3) })).toEqual({ is: "finished" });
});

it("gives up at once where nothing answers", async () => {
  const tally = createTally();
  const ending = await runWith({ tally, send: async () => refusedConnection, rate: 5 });
  expect(ending).toEqual({ is: "unreachable", reason: "ECONNREFUSED" });
  expect(tally.counts().sent).toBeLessThan(3);
});

it("goes on through a restart, and gives up after fifty failures in a row", async () => {
  const tally = createTally();
  let n = 0;
  const send = async () => (++n === 1 || n === 45 ? applied : refusedConnection);
  expect(await runWith({ tally, send, rate: 5 })).toEqual({ is: "unreachable", reason: "ECONNREFUSED" });
  expect(tally.counts().byAnswer.get("ECONNREFUSED")).toBeGreaterThanOrEqual(93);
  expect(tally.counts().sent).toBeLessThan(100);
});

it.each([302, 404, 405])("ends at the first %s: nothing there takes webhooks", async (status) => {
  const answer: Answer = { is: "answered", status, word: null, milliseconds: 1 };
  const tally = createTally();
  expect(await runWith({ tally, send: async () => answer, rate: 5 })).toEqual({ is: "misdirected", status });
  expect(tally.counts().sent).toBeLessThan(3);
});

it("ends at the first 401, with its code", async () => {
  const answer: Answer = { is: "answered", status: 401, word: "SIGNATURE_INVALID", milliseconds: 1 };
  const tally = createTally();
  const ending = await runWith({ tally, send: async () => answer, rate: 5 });
  expect(ending).toEqual({ is: "refused", code: "SIGNATURE_INVALID" });
  expect(tally.counts().sent).toBeLessThan(3);
});
