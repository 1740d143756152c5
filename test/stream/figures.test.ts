import { describe, expect, it } from "vitest";
import { askedBy } from "../../src/store/asked-by.ts";
import type { FigureOperation } from "../../src/stream/operation.ts";
import type { End } from "../../src/stream/subscriber.ts";
import { createFigureGroup } from "../../src/stream/figure-group.ts";
import { createFairQueue } from "../../src/stream/fair-queue.ts";
import { createSource } from "../../src/stream/source.ts";
import { createWindow } from "../../src/stream/window.ts";
import { entries, memoryLog } from "./entries.ts";
import { settled, type TestAnswer } from "./following.ts";

/** A group that tells a figure, over a log and a clock that tests move on. */
function figures(
  concerns: (seq: number) => boolean = () => true,
  queue = createFairQueue({ turn: async () => {}, askedBy }),
) {
  const window = createWindow(0, 100);
  const log = memoryLog();
  const clock = { now: 100_000 };
  const waits: { readonly milliseconds: number; readonly end: () => void }[] = [];
  const state = {
    figure: 1,
    tookMs: 0,
    reads: 0,
    isEmptied: false,
    failed: "nowhere" as TestAnswer["failed"],
    fault: null as Error | null,
  };
  const operation: FigureOperation<TestAnswer> = {
    key: "figure",
    concerns: ({ event }) => concerns(event.seq),
    async read() {
      state.reads += 1;
      clock.now += state.tookMs;
      if (state.fault !== null) throw state.fault;
      return { seqs: [state.figure], bytes: 1, failed: state.failed };
    },
    isSame: (one, other) => one.seqs[0] === other.seqs[0],
  };
  const group = createFigureGroup<TestAnswer>({
    operation,
    source: createSource({ window, log, pageSize: 2 }),
    queue,
    wait: (milliseconds, signal) =>
      new Promise((resolve) => {
        waits.push({ milliseconds, end: resolve });
        signal.addEventListener("abort", () => resolve());
      }),
    now: () => clock.now,
    everyMs: 1_000,
    emptied: () => (state.isEmptied = true),
  });
  return {
    state,
    waits,
    log,
    window,
    write(figure: number) {
      state.figure = figure;
      const more = entries(log.stored.length + 1, log.stored.length + 1);
      log.stored.push(...more);
      window.add(more);
    },
    /** Ends the pause that is being made. */
    pass: () => waits.at(-1)!.end(),
    join(client = "one") {
      const told: number[] = [];
      const taking = { wantsMore: true };
      let isFull = false;
      const happened: (string | End)[] = [];
      const subscriber = group.join({
        connection: { client },
        hasRoom: () => taking.wantsMore || !isFull,
        write(answer) {
          told.push(...answer.seqs);
          isFull = !taking.wantsMore;
        },
        caughtUp: () => happened.push("live"),
        end: (end) => happened.push(end),
      });
      return { told, taking, happened, subscriber };
    },
  };
}

describe("a figure", () => {
  it("is told now, and again when an entry has changed it", async () => {
    const { join, write, pass, state } = figures();
    const { told, happened, subscriber } = join();
    await settled();
    expect([told, happened]).toEqual([[1], ["live"]]);
    pass();
    await settled();
    expect(state.reads).toBe(1);
    write(2);
    await settled();
    expect([told, happened, subscriber.position]).toEqual([[1, 2], ["live"], 1]);
  });

  it("is not read before the pause is over, however much is written, and then once", async () => {
    const { join, write, pass, waits, state } = figures();
    const { told } = join();
    await settled();
    for (const figure of [2, 3, 4]) write(figure);
    await settled();
    expect([told, state.reads, waits.map(({ milliseconds }) => milliseconds)]).toEqual([[1], 1, [1_000]]);
    pass();
    await settled();
    expect([told, state.reads]).toEqual([[1, 4], 2]);
  });

  it("is read in the turn of one who comes while it waits for another's", async () => {
    const turns: (() => void)[] = [];
    const queue = createFairQueue({
      turn: () => new Promise<void>((resolve) => turns.push(resolve)),
      askedBy,
    });
    const dear = () => ({ isWanted: () => true, begin: async () => {}, drop() {} });
    for (let index = 0; index < 20; index += 1)
      queue.add(dear(), { is: "live", connections: [{ client: "heavy" }] });
    const { join } = figures(undefined, queue);
    join("heavy");
    await settled();
    const { told } = join("light");
    for (let turn = 0; turn < 2; turn += 1) {
      turns.shift()!();
      await settled();
    }
    expect(told).toEqual([1]);
  });

  it("is read less often where it takes long", async () => {
    const { join, waits, state } = figures();
    state.tookMs = 3_000;
    join();
    await settled();
    expect(waits.map(({ milliseconds }) => milliseconds)).toEqual([3_000]);
  });

  it("is not told again when an entry left it as it was, nor read for one that is none of its business", async () => {
    const { join, write, pass, state } = figures((seq) => seq > 1);
    const { told } = join();
    await settled();
    pass();
    write(9);
    await settled();
    expect([told, state.reads]).toEqual([[1], 1]);
    write(1);
    await settled();
    expect([told, state.reads]).toEqual([[1], 2]);
  });

  it("is read for an entry that is some of its business, however many before it are none", async () => {
    const { join, write, pass, state } = figures((seq) => seq === 5);
    const { told } = join();
    await settled();
    for (const figure of [9, 9, 9, 9, 2]) write(figure);
    pass();
    await settled();
    expect([told, state.reads]).toEqual([[1, 2], 2]);
  });

  it("is read again where it cannot be looked at what was logged since", async () => {
    const { join, pass, state, log, window } = figures(() => false);
    const { told } = join();
    await settled();
    log.entriesAfter = async () => {
      throw new Error("no disk");
    };
    state.figure = 2;
    window.skipTo(3);
    pass();
    await settled();
    expect(told).toEqual([1, 2]);
  });

  it.each(["partly", "wholly"] as const)(
    "is read again after it %s failed, though nothing is written",
    async (failed) => {
      const { join, pass, state } = figures();
      state.failed = failed;
      const { told } = join();
      await settled();
      Object.assign(state, { failed: "nowhere", figure: 2 });
      pass();
      await settled();
      expect(told).toEqual([1, 2]);
      pass();
      await settled();
      expect(state.reads).toBe(2);
    },
  );

  it("ends whoever is told it where reading it fails by a fault of ours", async () => {
    const { join, state } = figures();
    const fault = new RangeError("Invalid string length");
    state.fault = fault;
    const { told, happened } = join();
    await settled();
    expect([told, happened, state.isEmptied]).toEqual([[], [{ is: "failed", error: fault }], true]);
  });

  it("is read once for all, and told at once to whoever comes later", async () => {
    const { join, state } = figures();
    const first = join();
    await settled();
    const second = join();
    const gone = join();
    gone.subscriber[Symbol.dispose]();
    await settled();
    expect([first.told, second.told, gone.told, state.reads]).toEqual([[1], [1], [], 1]);
  });

  it("reaches who takes answers slowly in its newest form alone", async () => {
    const { join, write, pass } = figures();
    const { told, taking, subscriber } = join();
    taking.wantsMore = false;
    await settled();
    for (const figure of [2, 3]) {
      pass();
      write(figure);
      await settled();
    }
    expect(told).toEqual([1]);
    taking.wantsMore = true;
    subscriber.resume();
    expect(told).toEqual([1, 3]);
  });

  it("has the log read for it no longer once nobody wants it", async () => {
    const { join, pass, log, window } = figures(() => false);
    const { subscriber } = join();
    await settled();
    const read = log.entriesAfter.bind(log);
    log.entriesAfter = (...asked) => {
      subscriber[Symbol.dispose]();
      if (log.reads < 20) window.skipTo(window.newest + 1);
      return read(...asked);
    };
    window.skipTo(3);
    pass();
    await settled();
    expect(log.reads).toBe(1);
  });

  it("is read no more once nobody wants it", async () => {
    const { join, write, pass, state } = figures();
    const { subscriber } = join();
    await settled();
    subscriber[Symbol.dispose]();
    pass();
    write(2);
    await settled();
    expect([state.reads, state.isEmptied]).toEqual([1, true]);
  });
});
