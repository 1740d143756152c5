import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StorageUnavailableError } from "../../src/domain/failure.ts";
import type { EntryOperation, FigureOperation } from "../../src/stream/operation.ts";
import type { End } from "../../src/stream/subscriber.ts";
import type { Fanout } from "../../src/stream/fanout.ts";
import { entries } from "./entries.ts";
import { everySeq, fanoutOver, follower, settled, upTo, type TestAnswer } from "./following.ts";

describe("one who follows", () => {
  it("is told everything after its position, then that it is live, then everything as it is logged", async () => {
    const { fanout, write } = fanoutOver(40);
    const { seqs, happened, subscriber } = follower(fanout, everySeq(), 3);
    await settled();
    expect([seqs, happened, subscriber.position]).toEqual([upTo(4, 40), ["live after 40"], 40]);
    write(30);
    await settled();
    expect([seqs, happened, subscriber.position]).toEqual([upTo(4, 70), ["live after 40"], 70]);
  });

  it("moves on past what is none of its business", async () => {
    const { fanout, write } = fanoutOver(40);
    const { seqs, happened, subscriber } = follower(
      fanout,
      everySeq("few", (seq) => seq % 30 === 0),
      0,
    );
    await settled();
    expect([seqs, happened, subscriber.position]).toEqual([[30], ["live after 30"], 40]);
    write(5);
    await settled();
    expect([seqs, subscriber.position]).toEqual([[30], 45]);
  });

  it("waits at a position that the log has not reached here yet", async () => {
    const { fanout, write } = fanoutOver(5);
    const { seqs, happened } = follower(fanout, everySeq(), 7);
    await settled();
    write(4);
    await settled();
    expect([seqs, happened]).toEqual([[8, 9], ["live after 7"]]);
  });

  it("reads on by itself once it takes answers again, from where it was", async () => {
    const { fanout, write } = fanoutOver(0, { windowSize: 10 });
    const slow = follower(fanout, everySeq(), 0);
    const quick = follower(fanout, everySeq(), 0);
    await settled();
    slow.state.wantsMore = false;
    write(1);
    await settled();
    for (let round = 0; round < 10; round += 1) {
      write(9);
      await settled();
    }
    expect([slow.seqs, slow.subscriber.position]).toEqual([[1], 1]);
    expect(quick.seqs).toEqual(upTo(1, 91));
    slow.state.wantsMore = true;
    slow.subscriber.resume();
    await settled();
    expect(slow.seqs).toEqual(upTo(1, 91));
    write(2);
    await settled();
    expect(slow.seqs).toEqual(upTo(1, 93));
  });

  it("is written no more than it wants of what is large, live or not, and reads on from there", async () => {
    const { fanout, write } = fanoutOver(0);
    const large = everySeq("large", undefined, undefined, 30_000);
    const follow = () => follower(fanout, large, 0);
    const [live, quick] = [follow(), follow()];
    await settled();
    live.state.wantsMore = false;
    write(5);
    await settled();
    const late = follow();
    late.state.wantsMore = false;
    await settled();
    expect(quick.seqs).toEqual(upTo(1, 5));
    for (const slow of [live, late]) {
      expect([slow.seqs, slow.subscriber.position]).toEqual([[1, 2], 2]);
      slow.state.wantsMore = true;
      slow.subscriber.resume();
      await settled();
      expect([slow.seqs, slow.subscriber.position]).toEqual([upTo(1, 5), 5]);
    }
  });

  it("has nothing made while it has no room, and all that is to be written together once a part of it is", async () => {
    const waiting: (() => void)[] = [];
    const { fanout } = fanoutOver(5, { turn: () => new Promise<void>((resolve) => waiting.push(resolve)) });
    const operation = everySeq();
    const { seqs, state, subscriber } = follower(fanout, operation, 0);
    async function letIn(most: number): Promise<void> {
      for (let count = 0; count < most && waiting.length > 0; count += 1) {
        waiting.shift()!();
        await settled();
      }
    }
    function hasRoom(room: boolean): void {
      Object.assign(state, { wantsMore: room, isFull: !room });
      if (room) subscriber.resume();
    }

    await settled();
    hasRoom(false);
    await letIn(Infinity);
    expect(operation.made).toEqual([]);
    hasRoom(true);
    await settled();
    await letIn(1);
    hasRoom(false);
    await letIn(Infinity);
    expect([operation.made, seqs]).toEqual([upTo(1, 5), []]);
    hasRoom(true);
    await settled();
    expect([operation.made, seqs]).toEqual([upTo(1, 5), upTo(1, 5)]);
  });

  it.each(["live", "replayed"])(
    "has each of what is large made once, and few before it is written, where it is %s",
    async (is) => {
      const { fanout, write } = fanoutOver(is === "live" ? 0 : 16, { maxAnswerBytes: 0 });
      const large = everySeq("large", undefined, undefined, 200_000);
      let mostWaiting = 0;
      const { seqs } = follower(
        fanout,
        {
          ...large,
          tell(entry) {
            const telling = large.tell(entry)!;
            const answer = () => {
              mostWaiting = Math.max(mostWaiting, large.made.length - seqs.length);
              return telling.answer();
            };
            return { ...telling, answer };
          },
        },
        0,
      );
      await settled();
      if (is === "live") write(16);
      await settled();
      expect([seqs, large.made, mostWaiting]).toEqual([upTo(1, 16), upTo(1, 16), 1]);
    },
  );

  it("is ended where it was when what follows has left the log", async () => {
    const { fanout, log } = fanoutOver(40);
    log.oldest = 20;
    const expired = follower(fanout, everySeq(), 19);
    const whole = follower(fanout, everySeq(), 20);
    await settled();
    expect([expired.seqs, expired.happened]).toEqual([[], [{ is: "expired" }]]);
    expect(whole.seqs).toEqual(upTo(21, 40));
  });

  it("is ended where it was when what follows leaves the log while it is told the last that it has", async () => {
    const { fanout, log, write } = fanoutOver(0, { windowSize: 2 });
    const slow = Promise.withResolvers<void>();
    const operation: EntryOperation<TestAnswer> = {
      ...everySeq(),
      tell: ({ event: { seq } }) => ({
        as: "told",
        async answer() {
          await slow.promise;
          return { seqs: [seq], bytes: 1, failed: "nowhere" };
        },
      }),
    };
    const { seqs, happened, subscriber } = follower(fanout, operation, 0);
    await settled();
    write(1);
    await settled();
    write(20);
    log.oldest = 10;
    slow.resolve();
    await settled();
    expect([seqs, subscriber.position, happened.at(-1)]).toEqual([[1], 1, { is: "expired" }]);
  });

  it("is ended where it was when it falls too far behind, but may come from as far back as it likes", async () => {
    const { fanout, write } = fanoutOver(40, { maxBehind: 10 });
    const { seqs, happened, state, subscriber } = follower(fanout, everySeq(), 0);
    await settled();
    expect(seqs).toEqual(upTo(1, 40));
    state.wantsMore = false;
    write(1);
    await settled();
    write(11);
    await settled();
    subscriber.resume();
    await settled();
    expect([seqs.at(-1), subscriber.position, happened.at(-1)]).toEqual([41, 41, { is: "slow" }]);
  });

  it("is ended when the log cannot be read", async () => {
    const { fanout, log } = fanoutOver(40);
    const error = new StorageUnavailableError("away");
    log.entriesAfter = () => Promise.reject(error);
    const { happened } = follower(fanout, everySeq(), 0);
    await settled();
    expect(happened).toEqual([{ is: "failed", error }]);
    expect(fanout.groups).toBe(0);
  });

  it("is ended when it is live and what it has fallen behind cannot be read", async () => {
    const { fanout, log, write } = fanoutOver(2, { windowSize: 1 });
    const { happened } = follower(fanout, everySeq(), 2);
    await settled();
    const error = new StorageUnavailableError("away");
    log.entriesAfter = () => Promise.reject(error);
    write(3);
    await settled();
    expect(happened.at(-1)).toEqual({ is: "failed", error });
    expect(fanout.groups).toBe(0);
  });

  it("is ended before an entry that could not be told, so that it comes back for it", async () => {
    const { fanout, write } = fanoutOver(0);
    const operation = everySeq("failing", undefined, (seq) => seq === 3);
    const { seqs, happened, subscriber } = follower(fanout, operation, 0);
    await settled();
    write(5);
    await settled();
    expect([seqs, subscriber.position, happened.at(-1)]).toEqual([[1, 2, 3], 2, { is: "told" }]);
    // Nobody gets the failure from memory.
    const again = follower(fanout, everySeq("failing"), subscriber.position);
    await settled();
    expect(again.seqs).toEqual([3, 4, 5]);
  });

  it("hears nothing more once it has left, at whatever moment that is", async () => {
    const { fanout, write } = fanoutOver(40);
    const { seqs, happened, subscriber } = follower(fanout, everySeq(), 0);
    subscriber[Symbol.dispose]();
    await settled();
    write(1);
    await settled();
    expect([seqs, happened, fanout.groups]).toEqual([[], [], 0]);
  });
});

describe("those who follow the same", () => {
  it("miss nothing when one of them comes from further on than the log has reached here", async () => {
    const { fanout, write } = fanoutOver(5);
    const ahead = follower(fanout, everySeq(), 7);
    await settled();
    const atEnd = follower(fanout, everySeq(), 5);
    await settled();
    expect([ahead.subscriber.position, atEnd.subscriber.position]).toEqual([7, 5]);
    write(4);
    await settled();
    expect([ahead.seqs, atEnd.seqs]).toEqual([
      [8, 9],
      [6, 7, 8, 9],
    ]);
  });

  it("miss nothing when one of them has read more of the log than has been told here", async () => {
    const { fanout, log, window } = fanoutOver(5);
    log.stored.push(...entries(6, 7));
    const reading = follower(fanout, everySeq(), 3);
    await settled();
    const atEnd = follower(fanout, everySeq(), 5);
    await settled();
    window.add(entries(6, 9));
    await settled();
    expect([reading.seqs, atEnd.seqs]).toEqual([
      [4, 5, 6, 7, 8, 9],
      [6, 7, 8, 9],
    ]);
  });

  it("miss nothing when one of them comes from further on than entries that could not be told", async () => {
    const { fanout, write } = fanoutOver(9);
    const operation = everySeq("failing", undefined, (seq) => seq === 12 || seq === 14);
    const ahead = follower(fanout, operation, 14);
    const atEnd = follower(fanout, operation, 9);
    await settled();
    write(11);
    await settled();
    expect([ahead.seqs, ahead.subscriber.position]).toEqual([upTo(15, 20), 20]);
    expect([atEnd.seqs, atEnd.subscriber.position, atEnd.happened.at(-1)]).toEqual([
      [10, 11, 12],
      11,
      { is: "told" },
    ]);
  });

  it("have each answer made once, whether they are live or replay", async () => {
    const { fanout, write } = fanoutOver(20);
    const operation = everySeq();
    const all = [0, 5, 20, 20].map((after) => follower(fanout, operation, after));
    await settled();
    write(10);
    await settled();
    expect(operation.made.toSorted((one, other) => one - other)).toEqual(upTo(1, 30));
    expect(all.map(({ seqs }) => seqs)).toEqual([upTo(1, 30), upTo(6, 30), upTo(21, 30), upTo(21, 30)]);
  });

  it("have answers made again after something was erased, of which they may have told", async () => {
    const { fanout, window } = fanoutOver(3);
    const operation = everySeq();
    follower(fanout, operation, 0);
    await settled();
    window.forget("an issue");
    follower(fanout, operation, 1);
    await settled();
    expect(operation.made).toEqual([1, 2, 3, 2, 3]);
  });

  it("keep no answer that was being made while something was erased", async () => {
    const { fanout, window } = fanoutOver(1);
    const slow = Promise.withResolvers<void>();
    const made: number[] = [];
    const operation: EntryOperation<TestAnswer> = {
      ...everySeq("slow"),
      tell: ({ event: { seq } }) => ({
        as: "told",
        async answer() {
          made.push(seq);
          await slow.promise;
          return { seqs: [seq], bytes: 1, failed: "nowhere" };
        },
      }),
    };
    follower(fanout, operation, 0);
    await settled();
    window.forget("an issue");
    slow.resolve();
    await settled();
    follower(fanout, operation, 0);
    await settled();
    expect(made).toEqual([1, 1]);
  });

  it("and tell of different entries, share what they say of an entry in the same way", async () => {
    const { fanout, write } = fanoutOver(0);
    const made: string[] = [];
    const telling = (key: string, as: (seq: number) => string | null): EntryOperation<TestAnswer> => ({
      key,
      says: "the same",
      tell({ event: { seq } }) {
        const way = as(seq);
        const answer = async () => {
          made.push(`${seq} ${way}`);
          return { seqs: [seq], bytes: 1, failed: "nowhere" as const };
        };
        return way === null ? null : { as: way, answer };
      },
    });
    const all = follower(
      fanout,
      telling("all", () => "updated"),
      0,
    );
    const even = follower(
      fanout,
      telling("even", (seq) => (seq % 2 === 0 ? "updated" : null)),
      0,
    );
    const late = follower(
      fanout,
      telling("late", (seq) => (seq === 3 ? "entered" : "updated")),
      2,
    );
    await settled();
    write(4);
    await settled();
    expect([all.seqs, even.seqs, late.seqs]).toEqual([
      [1, 2, 3, 4],
      [2, 4],
      [3, 4],
    ]);
    expect(made.toSorted()).toEqual(["1 updated", "2 updated", "3 entered", "3 updated", "4 updated"]);
  });

  it("get the very same object", async () => {
    const { fanout, write } = fanoutOver(0);
    const written: unknown[] = [];
    for (let one = 0; one < 3; one += 1)
      fanout.follow(everySeq(), 0, {
        connection,
        hasRoom: () => true,
        write: (answer) => void written.push(answer),
        caughtUp() {},
        end() {},
      });
    await settled();
    write(4);
    await settled();
    expect(written).toHaveLength(3);
    expect(new Set(written).size).toBe(1);
  });

  it("get the very same object of what is large also when they replay it", async () => {
    const { fanout } = fanoutOver(5);
    const written: TestAnswer[] = [];
    for (let one = 0; one < 3; one += 1)
      fanout.follow(everySeq("large", undefined, undefined, 70_000), 0, {
        connection,
        hasRoom: () => true,
        write: (answer) => void written.push(answer),
        caughtUp() {},
        end() {},
      });
    await settled();
    expect(written).toHaveLength(15);
    expect([...new Set(written)].map(({ seqs }) => seqs)).toEqual([[1], [2], [3], [4], [5]]);
  });

  it("are kept apart from those who follow something else", async () => {
    const { fanout, write } = fanoutOver(0);
    const even = follower(
      fanout,
      everySeq("even", (seq) => seq % 2 === 0),
      0,
    );
    const odd = follower(
      fanout,
      everySeq("odd", (seq) => seq % 2 === 1),
      0,
    );
    await settled();
    write(4);
    await settled();
    expect([even.seqs, odd.seqs, fanout.groups]).toEqual([[2, 4], [1, 3], 2]);
  });

  it("do not wait for one who takes nothing", async () => {
    const { fanout, write } = fanoutOver(0);
    const stuck = follower(fanout, everySeq(), 0);
    stuck.state.wantsMore = false;
    const quick = follower(fanout, everySeq(), 0);
    await settled();
    write(1);
    await settled();
    write(3);
    await settled();
    expect([stuck.seqs, quick.seqs]).toEqual([[1], [1, 2, 3, 4]]);
  });

  it("read each page behind the window once, however many come back at the same time", async () => {
    const { fanout, log } = fanoutOver(24);
    const all = upTo(1, 50).map(() => follower(fanout, everySeq(), 0));
    await settled();
    expect(all.every(({ seqs }) => seqs.length === 24)).toBe(true);
    expect(log.reads).toBe(3);
  });

  it("are not told what was erased from the log after it was read for others", async () => {
    const { fanout, log, window } = fanoutOver(20);
    const erase = (erased: number) =>
      log.stored.splice(
        log.stored.findIndex(({ event }) => event.seq === erased),
        1,
      );
    const told = async () => {
      const { seqs, subscriber } = follower(fanout, everySeq(), 0);
      await settled();
      subscriber[Symbol.dispose]();
      return seqs;
    };
    expect(await told()).toEqual(upTo(1, 20));
    erase(3);
    window.forget("an issue");
    expect(await told()).toEqual(upTo(1, 20).filter((seq) => seq !== 3));
    // While nobody follows, only where the log ends is known of what is logged.
    erase(5);
    log.stored.push(...entries(21, 21));
    window.skipTo(21);
    expect(await told()).toEqual(upTo(1, 21).filter((seq) => seq !== 3 && seq !== 5));
  });

  it("have a figure that they watch read once for all of them, and anew once nobody was left", async () => {
    const { fanout, write } = fanoutOver(0, { figuresEveryMs: 60_000 });
    const figure = countedReads();
    const [one, other] = [watcher(fanout, figure), watcher(fanout, figure)];
    await settled();
    expect([one.told, other.told, fanout.groups]).toEqual([[1], [1], 1]);
    // It is too early to read it again.
    write(1);
    await settled();
    expect([one.told, other.told]).toEqual([[1], [1]]);
    for (const { subscriber } of [one, other]) subscriber[Symbol.dispose]();
    expect(fanout.groups).toBe(0);
    const later = watcher(fanout, figure);
    await settled();
    expect(later.told).toEqual([2]);
    later.subscriber[Symbol.dispose]();
  });

  it("have the log read into the window as long as any of them is there", () => {
    const { fanout, window } = fanoutOver(0);
    const follow = () => follower(fanout, everySeq(), 0).subscriber;
    const watch = () => watcher(fanout, countedReads()).subscriber;
    for (const [first, second] of [
      [follow, watch],
      [watch, follow],
    ] as const) {
      const one = first();
      expect(window.followers).toBe(1);
      const other = second();
      one[Symbol.dispose]();
      expect(window.followers).toBe(1);
      other[Symbol.dispose]();
      expect(window.followers).toBe(0);
    }
  });

  it("are all ended when the gateway stops, and so is whoever comes later, unless they have left by then", async () => {
    const { fanout, window } = fanoutOver(3);
    const early = [follower(fanout, everySeq(), 0), watcher(fanout, countedReads())];
    await settled();
    fanout[Symbol.dispose]();
    const late = [follower(fanout, everySeq(), 0), watcher(fanout, countedReads())];
    const gone = follower(fanout, everySeq(), 0);
    gone.subscriber[Symbol.dispose]();
    await settled();
    const stopped = { is: "stopped" };
    expect(early.map(({ happened }) => happened.at(-1))).toEqual([stopped, stopped]);
    expect(late.map(({ happened }) => happened)).toEqual([[stopped], [stopped]]);
    expect(gone.happened).toEqual([]);
    expect([fanout.groups, window.followers]).toEqual([0, 0]);
  });

  it("have the log read for them no longer once the last of them has left", async () => {
    const { fanout, log, window } = fanoutOver(20);
    const { subscriber } = follower(fanout, everySeq(), 0);
    const read = log.entriesAfter.bind(log);
    log.entriesAfter = (...asked) => {
      subscriber[Symbol.dispose]();
      // Now only where the log ends is known of what is logged.
      if (log.reads < 20) window.skipTo(window.newest + 1);
      return read(...asked);
    };
    await settled();
    expect(log.reads).toBe(1);
  });

  it("leave nothing behind when they come and go", async () => {
    const { fanout, window, write } = fanoutOver(10);
    for (let round = 0; round < 500; round += 1) {
      const { subscriber } = follower(fanout, everySeq(`operation ${round % 3}`), round % 10);
      if (round % 2 === 0) await Promise.resolve();
      if (round % 50 === 0) write(1);
      subscriber[Symbol.dispose]();
    }
    await settled();
    expect([fanout.groups, window.followers]).toEqual([0, 0]);
  });
});

const connection = { client: "one" };

/** A figure that says how often it has been read. */
function countedReads(): FigureOperation<TestAnswer> {
  let reads = 0;
  return {
    key: "figure",
    concerns: () => true,
    read: async () => ({ seqs: [(reads += 1)], bytes: 1, failed: "nowhere" }),
    isSame: (one, other) => one.seqs[0] === other.seqs[0],
  };
}

/** A sink that writes down what it is told of a figure, and the subscriber that fills it. */
function watcher({ watch }: Fanout<TestAnswer>, figure: FigureOperation<TestAnswer>) {
  const told: number[] = [];
  const happened: (string | End)[] = [];
  const subscriber = watch(figure, {
    connection,
    hasRoom: () => true,
    write: ({ seqs }) => void told.push(...seqs),
    caughtUp: () => happened.push("live"),
    end: (end) => happened.push(end),
  });
  return { told, happened, subscriber };
}

describe("any number of those who follow, come and go and stall", () => {
  type Step =
    | { readonly is: "write"; readonly count: number }
    | { readonly is: "join"; readonly back: number; readonly modulo: number }
    | { readonly is: "stall" | "go on" | "leave"; readonly who: number }
    | { readonly is: "let run" };

  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ is: fc.constant("write" as const), count: fc.integer({ min: 1, max: 40 }) }),
    fc.record({
      is: fc.constant("join" as const),
      back: fc.integer({ min: 0, max: 60 }),
      modulo: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({ is: fc.constantFrom("stall" as const, "go on" as const, "leave" as const), who: fc.nat(9) }),
    fc.constant({ is: "let run" as const }),
  );

  it("miss nothing and have nothing twice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
        const { fanout, log, write } = fanoutOver(30, { windowSize: 10 });
        const all: (ReturnType<typeof follower> & { after: number; modulo: number; left: number | null })[] =
          [];
        for (const one of steps) {
          const who = "who" in one ? all[one.who] : undefined;
          switch (one.is) {
            case "write":
              write(one.count);
              break;
            case "join": {
              const after = Math.max(0, log.stored.length - one.back);
              // Some are written together, some one by one.
              const operation = everySeq(
                `by ${one.modulo}`,
                (seq) => seq % one.modulo === 0,
                undefined,
                [1, 30_000, 70_000][one.modulo - 1],
              );
              all.push({ ...follower(fanout, operation, after), after, modulo: one.modulo, left: null });
              break;
            }
            case "stall":
              if (who !== undefined) who.state.wantsMore = false;
              break;
            case "go on":
              if (who !== undefined) who.state.wantsMore = true;
              who?.subscriber.resume();
              break;
            case "leave":
              if (who !== undefined) who.left ??= who.subscriber.position;
              who?.subscriber[Symbol.dispose]();
              break;
            case "let run":
              await new Promise((resolve) => setImmediate(resolve));
          }
        }
        for (const { state, subscriber } of all) {
          state.wantsMore = true;
          subscriber.resume();
        }
        await settled();
        for (const { seqs, after, modulo, left, subscriber } of all) {
          const until = left ?? log.stored.length;
          expect(seqs).toEqual(upTo(after + 1, until).filter((seq) => seq % modulo === 0));
          if (left === null) expect(subscriber.position).toBe(until);
        }
        for (const { subscriber } of all) subscriber[Symbol.dispose]();
        expect(fanout.groups).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
