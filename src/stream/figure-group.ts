import type { Seq } from "../domain/cursor.ts";
import type { Answer, FigureOperation } from "./operation.ts";
import { connectionsOf, type End, type Sink, type Subscriber } from "./subscriber.ts";
import type { FairQueue, Work } from "./fair-queue.ts";
import type { Part, Source } from "./source.ts";

type FigureGroupOptions<One extends Answer> = {
  readonly operation: FigureOperation<One>;
  readonly source: Source;
  /** Where each reading waits to begin. */
  readonly queue: FairQueue;
  /** Resolves after so many milliseconds, or when the signal aborts. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Least milliseconds from the start of one reading to the start of the next. */
  readonly everyMs: number;
  /** Called when the last subscriber has left. */
  readonly emptied: () => void;
};

export type FigureGroup<One extends Answer> = {
  readonly join: (sink: Sink<One>) => Subscriber;
  readonly end: (end: End) => void;
};

type Member<One extends Answer> = {
  readonly sink: Sink<One>;
  /** The answer that was written to it last; null before the first. */
  has: One | null;
  /** The position that the log had reached before `has` was read; before the first answer, when it joined. */
  position: Seq;
};

/**
 * The subscribers of one figure operation, which is read once for all of them. One that takes answers slowly misses
 * those that have been replaced meanwhile, but never the newest.
 */
export function createFigureGroup<One extends Answer>(options: FigureGroupOptions<One>): FigureGroup<One> {
  const { operation, source, queue, wait, now, everyMs, emptied } = options;
  const { window } = source;
  const members = new Set<Member<One>>();
  const stop = new AbortController();
  let newest: { readonly answer: One; readonly position: Seq } | null = null;
  /** The newest reading, begun or not. */
  let reading: Work | null = null;

  async function readOn(): Promise<void> {
    try {
      while (!stop.signal.aborted) {
        const { newest: position } = window;
        const begunAt = now();
        const answer = await read(position);
        if (answer === null || stop.signal.aborted) return;
        if (newest === null || !operation.isSame(newest.answer, answer)) newest = { answer, position };
        for (const member of members) offer(member);
        const tookMs = now() - begunAt;
        // A figure that is slow to read is being read at most half of the time.
        await wait(Math.max(everyMs - tookMs, tookMs), stop.signal);
        // What failed is read again even if nothing is logged.
        if (answer.failed === "nowhere") await concernedAfter(position);
      }
    } catch (error) {
      end({ is: "failed", error });
    }
  }

  /** Null if everyone had left before the reading could begin. */
  function read(position: Seq): Promise<One | null> {
    const { promise, resolve, reject } = Promise.withResolvers<One | null>();
    reading = {
      isWanted: () => members.size > 0,
      begin: () => operation.read(position).then(resolve, reject),
      drop: () => resolve(null),
    };
    queue.add(reading, { is: "live", connections: connectionsOf(members) });
    return promise;
  }

  /** Resolves once an entry after the position can have changed the answer. */
  async function concernedAfter(position: Seq): Promise<void> {
    let seen = position;
    while (!stop.signal.aborted) {
      // Counted before the read, so that an entry logged between the read and the wait still wakes us.
      const heard = window.bell.rings;
      const part = await partAfter(seen);
      // Entries that cannot be read may have changed the answer.
      if (part === null || part.entries.some(operation.concerns)) break;
      seen = part.upTo;
      if (part.entries.length === 0) await window.bell.after(heard, stop.signal);
    }
    source.done(members);
  }

  async function partAfter(position: Seq): Promise<Part | null> {
    try {
      return await source.after(position, members);
    } catch {
      return null;
    }
  }

  function offer(member: Member<One>): void {
    if (newest === null || member.has === newest.answer || !member.sink.hasRoom()) return;
    const isFirst = member.has === null;
    member.has = newest.answer;
    member.position = newest.position;
    member.sink.write(newest.answer);
    if (isFirst && members.has(member)) member.sink.caughtUp();
  }

  function leave(member: Member<One>, end: End | null): void {
    if (!members.delete(member)) return;
    if (end !== null) member.sink.end(end);
    if (members.size > 0) return;
    stop.abort();
    source.done(members);
    emptied();
  }

  function end(end: End): void {
    for (const member of members) leave(member, end);
  }

  return {
    join(sink) {
      const member: Member<One> = { sink, has: null, position: window.newest };
      if (members.size === 0) queueMicrotask(() => void readOn());
      members.add(member);
      // Its turn may come before those of the others who wait for the reading.
      if (reading !== null) queue.add(reading, { is: "live", connections: [sink.connection] });
      queueMicrotask(() => {
        if (members.has(member)) offer(member);
      });
      return {
        get position() {
          return member.position;
        },
        resume: () => offer(member),
        [Symbol.dispose]: () => leave(member, null),
      };
    },
    end,
  };
}
