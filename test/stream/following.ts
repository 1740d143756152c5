import type { LogEntry } from "../../src/domain/event.ts";
import { askedBy } from "../../src/store/asked-by.ts";
import type { Answer, EntryOperation } from "../../src/stream/operation.ts";
import type { End, Subscriber } from "../../src/stream/subscriber.ts";
import { createFanout, type FanoutOptions } from "../../src/stream/fanout.ts";
import { createSource } from "../../src/stream/source.ts";
import { createWindow } from "../../src/stream/window.ts";
import { entries, memoryLog } from "./entries.ts";

export type TestAnswer = Answer & { readonly seqs: readonly number[] };

/** A fan-out over a log in memory of `logged` entries. Its window holds only those that are logged later. */
export function fanoutOver(
  logged: number,
  options: Partial<FanoutOptions<TestAnswer>> & { readonly windowSize?: number } = {},
) {
  const log = memoryLog(entries(1, logged));
  const window = createWindow(logged, options.windowSize ?? 100);
  const source = createSource({ window, log, pageSize: 8, maxPages: 4 });
  const joined = (answers: readonly TestAnswer[]): TestAnswer => ({
    seqs: answers.flatMap(({ seqs }) => seqs),
    failed: answers.at(-1)!.failed,
    bytes: 1,
  });
  const told: number[] = [];
  const fanout = createFanout<TestAnswer>({
    source,
    joined,
    askedBy,
    delivered: (entries) => told.push(...entries.map(({ event }) => event.seq)),
    ...options,
  });
  return {
    log,
    window,
    fanout,
    told,
    /** Appends so many entries to the log and to the window, which wakes the followers. */
    write(count: number): void {
      const more = entries(log.stored.length + 1, log.stored.length + count);
      log.stored.push(...more);
      window.add(more);
    },
  };
}

/** An operation that answers with the position of every entry for which `concerns` is true. */
export function everySeq(
  key = "every",
  concerns: (seq: number) => boolean = () => true,
  hasFailed: (seq: number) => boolean = () => false,
  bytes = 1,
): EntryOperation<TestAnswer> & { readonly made: number[] } {
  const made: number[] = [];
  return {
    key,
    says: key,
    made,
    tell({ event: { seq } }: LogEntry) {
      if (!concerns(seq)) return null;
      return {
        as: "told",
        async answer() {
          made.push(seq);
          return { seqs: [seq], bytes, failed: hasFailed(seq) ? "wholly" : "nowhere" };
        },
      };
    },
  };
}

/** A subscriber, and what its sink is given. */
export function follower(
  fanout: { readonly follow: ReturnType<typeof fanoutOver>["fanout"]["follow"] },
  operation: EntryOperation<TestAnswer>,
  after: number,
) {
  const seqs: number[] = [];
  const happened: (string | End)[] = [];
  /** A sink that wants no more takes one more answer before it has no room. */
  const state = { wantsMore: true, isFull: false };
  const subscriber: Subscriber = fanout.follow(operation, after, {
    connection: { client: "one" },
    hasRoom: () => state.wantsMore || !state.isFull,
    write(answer) {
      seqs.push(...answer.seqs);
      state.isFull = !state.wantsMore;
    },
    caughtUp: () => happened.push(`live after ${seqs.at(-1) ?? subscriber.position}`),
    end: (end) => happened.push(end),
  });
  return { seqs, happened, state, subscriber };
}

/** Resolves once everything under way that waits for nothing outside is done. */
export async function settled(): Promise<void> {
  // Each page of the store takes a turn of the event loop.
  for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export const upTo = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);
