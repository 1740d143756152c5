import { setTimeout } from "node:timers/promises";
import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import type { AskedBy } from "../store/asked-by.ts";
import type { Answer, EntryOperation, FigureOperation } from "./operation.ts";
import { endedSubscriber, type End, type Sink, type Subscriber } from "./subscriber.ts";
import { createAnswerCache } from "./answer-cache.ts";
import { createEntryGroup, type EntryGroup } from "./entry-group.ts";
import { createFigureGroup, type FigureGroup } from "./figure-group.ts";
import { createFairQueue } from "./fair-queue.ts";
import type { Source } from "./source.ts";
import { createTurns } from "./turns.ts";

export type FanoutOptions<One extends Answer> = {
  readonly source: Source;
  /** Joins several answers into one, in their order. */
  readonly joined: (answers: readonly One[]) => One;
  /** Called with entries that have just been written to everyone live in one group. */
  readonly delivered: (entries: readonly LogEntry[]) => void;
  /** Resolves when the making of one more answer may begin. */
  readonly turn?: () => Promise<unknown>;
  readonly askedBy: AskedBy;
  /** Least milliseconds from the start of one reading of a figure to the start of the next. */
  readonly figuresEveryMs?: number;
  /** How many entries a subscriber that has been live may fall behind before it is ended as slow. */
  readonly maxBehind?: number;
  /** Most bytes of answers that are cached. */
  readonly maxAnswerBytes?: number;
};

/**
 * Tells many subscribers what is logged. Those with the same operation form a group, which does the work of one
 * subscriber. Groups that say the same of an entry share its answer. Disposing it ends everyone as stopped.
 */
export type Fanout<One extends Answer> = Disposable & {
  /** Tells the entries after the position, then each new one as it is logged. */
  readonly follow: (operation: EntryOperation<One>, after: Seq, sink: Sink<One>) => Subscriber;
  /** Tells the present answer, and a new one whenever it has changed. */
  readonly watch: (operation: FigureOperation<One>, sink: Sink<One>) => Subscriber;
  /** How many different operations have subscribers. */
  readonly groups: number;
};

const stopped: End = { is: "stopped" };

/** Most writes in one turn of the event loop: about two milliseconds of it. */
const writesInOneTurn = 256;

export function createFanout<One extends Answer>({
  source,
  joined,
  delivered,
  turn = async () => {},
  askedBy,
  figuresEveryMs = 1_000,
  maxBehind = 100_000,
  maxAnswerBytes = 32 * 1_048_576,
}: FanoutOptions<One>): Fanout<One> {
  const { window } = source;
  const turns = createTurns({ most: writesInOneTurn });
  const queue = createFairQueue({ turn, askedBy });
  const answers = createAnswerCache<One>(maxAnswerBytes, () => window.forgotten, queue);
  const entryGroups = new Map<string, EntryGroup<One>>();
  const figureGroups = new Map<string, FigureGroup<One>>();
  const stop = new AbortController();
  let joining: Disposable | null = null;

  async function wakeGroups(): Promise<void> {
    while (!stop.signal.aborted) {
      const heard = window.bell.rings;
      for (const group of entryGroups.values()) {
        group.wake();
        const pause = turns.step();
        if (pause !== null) await pause;
      }
      await window.bell.after(heard, stop.signal);
    }
  }

  /** Joins the window while there are groups. Without followers, entries need not go into it. */
  function followLog(): void {
    const isFollowed = entryGroups.size + figureGroups.size > 0;
    if (isFollowed) joining ??= window.join();
    else {
      joining?.[Symbol.dispose]();
      joining = null;
    }
  }

  function entryGroup(operation: EntryOperation<One>): EntryGroup<One> {
    const { key } = operation;
    const known = entryGroups.get(key);
    if (known !== undefined) return known;
    const emptied = () => {
      entryGroups.delete(key);
      followLog();
    };
    const group = createEntryGroup<One>({
      operation,
      source,
      turns,
      answers,
      joined,
      maxBehind,
      delivered,
      emptied,
    });
    entryGroups.set(key, group);
    followLog();
    return group;
  }

  function figureGroup(operation: FigureOperation<One>): FigureGroup<One> {
    const { key } = operation;
    const known = figureGroups.get(key);
    if (known !== undefined) return known;
    const emptied = () => {
      figureGroups.delete(key);
      followLog();
    };
    const now = performance.now.bind(performance);
    const group = createFigureGroup<One>({
      operation,
      source,
      queue,
      wait,
      now,
      everyMs: figuresEveryMs,
      emptied,
    });
    figureGroups.set(key, group);
    followLog();
    return group;
  }

  void wakeGroups();
  return {
    follow: (operation, after, sink) =>
      stop.signal.aborted
        ? endedSubscriber(after, () => sink.end(stopped))
        : entryGroup(operation).join(after, sink),
    watch: (operation, sink) =>
      stop.signal.aborted
        ? endedSubscriber(window.newest, () => sink.end(stopped))
        : figureGroup(operation).join(sink),
    get groups() {
      return entryGroups.size + figureGroups.size;
    },
    [Symbol.dispose]() {
      stop.abort();
      for (const group of [...entryGroups.values(), ...figureGroups.values()]) group.end(stopped);
    },
  };
}

/** Resolves after so long, or when the signal aborts. */
function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return setTimeout(milliseconds, undefined, { signal }).catch(() => {});
}
