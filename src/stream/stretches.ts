import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import type { Answer, EntryOperation, EntryAnswer } from "./operation.ts";
import type { AnswerCache, Asker } from "./answer-cache.ts";

/** Consecutive entries of a page, and those of them that are told. */
export type Stretch<One extends Answer> = {
  readonly told: readonly ToldEntry<One>[];
  /** The index in the page of the entry after its last one. */
  readonly end: number;
  /** The position of its last entry. */
  readonly upTo: Seq;
};

/** An entry with its answer. */
export type Made<One extends Answer> = { readonly entry: LogEntry; readonly answer: One };

/** The answers to consecutive entries, to be written as one. */
export type Slice<One extends Answer> = {
  readonly made: readonly Made<One>[];
  /** The position of the last entry that it covers, told or not. */
  readonly upTo: Seq;
  /** True if the last entry could not be told. Its answer says so and ends those who get it, so that they come back. */
  readonly isLast: boolean;
};

/** What is to be written of a stretch, in log order. If its answers are large, only of its beginning. */
type Slices<One extends Answer> = readonly Slice<One>[];

/** The pages of the log as one operation tells them: a page is cut into stretches, and a stretch answered in slices. */
type Stretches<One extends Answer> = {
  /** The stretches of a page. Each is made when it is first asked for, once for all who read the page. */
  readonly of: (entries: readonly LogEntry[]) => Iterable<Stretch<One>>;
  /**
   * The answers to a stretch, all asked for at the same time. Returned at once if all are cached, as they mostly are.
   * Empty if the asker was not waiting when the first was to be made.
   */
  readonly slices: (stretch: Stretch<One>, asker: Asker) => Slices<One> | Promise<Slices<One>>;
};

/** Most answers that are asked for at the same time, and most that are written as one. */
const mostTold = 16;

/**
 * Most bytes of answers that are joined into one; a single answer may be larger. All readers share a single answer, but
 * each holds a joined one of its own until its client has taken it.
 */
const mostJoinedBytes = 65_536;

/**
 * Most bytes of answers that wait for those after them before they are written; only the last one may exceed it.
 * Hundreds of operations may each have answers that wait.
 */
const mostWaitingBytes = 262_144;

/** Most entries in a stretch, which is looked through in one go. */
const mostInStretch = 64;

type ToldEntry<One extends Answer> = EntryAnswer<One> & { readonly entry: LogEntry };

/** @param answers shared by all operations. */
export function createStretches<One extends Answer>(
  operation: Pick<EntryOperation<One>, "says" | "tell">,
  answers: AnswerCache<One>,
): Stretches<One> {
  /** The stretches of each page, for as long as the page is in memory. */
  const known = new WeakMap<readonly LogEntry[], Stretch<One>[]>();

  function stretchFrom(entries: readonly LogEntry[], start: number): Stretch<One> {
    const told: ToldEntry<One>[] = [];
    let end = start;
    while (end < entries.length && end - start < mostInStretch && told.length < mostTold) {
      const entry = entries[end]!;
      const said = operation.tell(entry);
      if (said !== null) told.push({ entry, ...said });
      end += 1;
    }
    return { told, end, upTo: entries[end - 1]!.event.seq };
  }

  return {
    *of(entries) {
      const stretches = known.get(entries) ?? [];
      known.set(entries, stretches);
      for (let index = 0; ; index += 1) {
        const start = stretches[index - 1]?.end ?? 0;
        if (start === entries.length) return;
        yield (stretches[index] ??= stretchFrom(entries, start));
      }
    },
    slices({ told, upTo }, asker) {
      const ahead: Ahead = { bytes: 0 };
      const asking = askingWhileLittleIs(ahead, asker);
      const cached: One[] = [];
      const asked = told.map(({ entry, as, answer: make }) => {
        const answer = answers.named(`${entry.event.seq} ${as} ${operation.says}`, make, asking);
        if (!(answer instanceof Promise)) cached.push(answer);
        return answer;
      });
      return cached.length === asked.length
        ? slicesOfKnown(told, cached, upTo)
        : slicesOfBeginning({ told, upTo }, asked, ahead);
    },
  };
}

/** True if the slices are all of the stretch, not only its beginning. */
export function isAllOf<One extends Answer>({ upTo }: Stretch<One>, slices: Slices<One>): boolean {
  return slices.at(-1)?.upTo === upTo;
}

/** How much of a stretch has been made, from its beginning on, and waits to be written. */
type Ahead = { bytes: number };

/** Not a closure in `slices`: it lives as long as anything it asked for, and must not keep made answers in memory. */
function askingWhileLittleIs(ahead: Readonly<Ahead>, { whom, isWaiting }: Asker): Asker {
  return { whom, isWaiting: () => ahead.bytes <= mostWaitingBytes && isWaiting() };
}

/**
 * Awaits the answers in order. Ends after the one that exceeds `mostWaitingBytes`, or before one that was not made
 * because nobody waited for it.
 */
async function slicesOfBeginning<One extends Answer>(
  { told, upTo }: Pick<Stretch<One>, "told" | "upTo">,
  asked: readonly (One | Promise<One | null>)[],
  ahead: Ahead,
): Promise<Slices<One>> {
  // Answers after the end of the loop are not awaited: their rejections must not count as unhandled.
  for (const one of asked) if (one instanceof Promise) one.catch(() => {});
  const made: One[] = [];
  for (const one of asked) {
    const answer = await one;
    if (answer === null) break;
    made.push(answer);
    ahead.bytes += answer.bytes;
    if (ahead.bytes > mostWaitingBytes) break;
  }
  if (made.length === told.length) return slicesOfKnown(told, made, upTo);
  const last = told[made.length - 1];
  return last === undefined ? [] : slicesOfKnown(told.slice(0, made.length), made, last.entry.event.seq);
}

/**
 * Cuts before an answer that would exceed `mostJoinedBytes`, and after each that failed wholly. That one ends those who
 * get it; members that were already past it are told what follows.
 */
function slicesOfKnown<One extends Answer>(
  told: readonly ToldEntry<One>[],
  answers: readonly One[],
  upTo: Seq,
): Slices<One> {
  const made = told.map(({ entry }, index) => ({ entry, answer: answers[index]! }));
  const slices: Slice<One>[] = [];
  let start = 0;
  let bytes = 0;
  for (let index = 0; index < made.length; index += 1) {
    const { entry, answer } = made[index]!;
    if (index > start && bytes + answer.bytes > mostJoinedBytes) {
      slices.push({
        made: made.slice(start, index),
        upTo: made[index - 1]!.entry.event.seq,
        isLast: false,
      });
      start = index;
      bytes = 0;
    }
    bytes += answer.bytes;
    if (answer.failed === "wholly") {
      slices.push({ made: made.slice(start, index + 1), upTo: entry.event.seq, isLast: true });
      start = index + 1;
      bytes = 0;
    }
  }
  slices.push({ made: start === 0 ? made : made.slice(start), upTo, isLast: false });
  return slices;
}
