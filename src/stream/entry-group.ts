import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import {
  connectionsOf,
  type Answer,
  type End,
  type EntryOperation,
  type Sink,
  type Subscriber,
  type Telling,
} from "./answer.ts";
import type { Answers, Asker } from "./answers.ts";
import type { Part, Source } from "./source.ts";
import type { Turns } from "./turns.ts";

export type EntryGroupOptions<One extends Answer> = {
  readonly operation: EntryOperation<One>;
  readonly source: Source;
  readonly turns: Turns;
  /** Of all groups. */
  readonly answers: Answers<One>;
  /** One answer that says what several say, in their order. */
  readonly joined: (answers: readonly One[]) => One;
  /** How many entries one that has been live may fall behind. */
  readonly maxBehind: number;
  /** Everyone live has these. */
  readonly told: (entries: readonly LogEntry[]) => void;
  /** The last subscriber is gone. */
  readonly emptied: () => void;
};

export type EntryGroup<One extends Answer> = {
  readonly join: (after: Seq, sink: Sink<One>) => Subscriber;
  /** Something may have been logged. */
  readonly wake: () => void;
  readonly end: (end: End) => void;
};

/**
 * - live: at the end of the log; what is logged is written to all of these at once
 * - reading: behind it, and reading on by itself
 * - blocked: its sink had no room when there was something for it; it reads on once that has changed
 */
type Member<One extends Answer> = {
  readonly sink: Sink<One>;
  position: Seq;
  is: "live" | "reading" | "blocked" | "gone";
  wasLive: boolean;
};

/** Most entries whose answers are made at the same time, and most that are written as one. */
const mostTold = 16;

/**
 * Most bytes of answers that are written as one, where it is more than one. What is joined each reader holds for itself
 * until its client has taken it, while all of them hold the same single answer.
 */
const mostJoinedBytes = 65_536;

/**
 * Most bytes of answers that wait for those after them before they are written, but for the one that makes them more.
 * Hundreds of operations may each have some that wait.
 */
const mostWaitingBytes = 262_144;

/** Most entries that are looked through in one go. */
const mostInStretch = 64;

type Told<One extends Answer> = { readonly entry: LogEntry; readonly telling: Telling<One> };

/** Some entries that follow on each other, and which of them are told. */
type Stretch<One extends Answer> = {
  readonly told: readonly Told<One>[];
  /** Where among the entries it ends, and the position of the last one in it. */
  readonly end: number;
  readonly upTo: Seq;
};

type Made<One extends Answer> = { readonly entry: LogEntry; readonly answer: One };

/** What is to be written as one, of some entries that follow on each other. */
type Slice<One extends Answer> = {
  readonly made: readonly Made<One>[];
  /** The position of the last of these entries. */
  readonly upTo: Seq;
  /** That one could not be told: what is said of it ends whoever gets it, to come back for it. */
  readonly isLast: boolean;
};

/** What is to be written of a stretch, in its order; of one whose answers are large, of its beginning. */
type Slices<One extends Answer> = readonly Slice<One>[];

/**
 * The subscribers of one operation. Each is a position in the log and nothing more: whoever falls behind reads later,
 * from the same source, and gets the same answers. An answer is made once, however many want it.
 */
export function createEntryGroup<One extends Answer>(options: EntryGroupOptions<One>): EntryGroup<One> {
  const { operation, source, turns, answers, joined, maxBehind, told, emptied } = options;
  const members = new Set<Member<One>>();
  const live = new Set<Member<One>>();
  /** Everyone live has everything up to here. Never past the window, so that nobody becomes live before it. */
  let position: Seq = 0;
  let isTelling = false;
  /** What is told of pages of the log, for as long as they are in memory. */
  const stretches = new WeakMap<readonly LogEntry[], Stretch<One>[]>();
  /** Those who are live, now or later. */
  const everyone: Asker = {
    whom: { is: "live", connections: connectionsOf(members) },
    isWaiting: () => members.size > 0,
  };

  /** Writes what is logged to all who are live, until they have everything. */
  async function tell(): Promise<void> {
    isTelling = true;
    try {
      while (live.size > 0) {
        const found = source.after(position, live);
        const part = found instanceof Promise ? await found : found;
        if (part === null) {
          endLive({ is: "expired" });
          break;
        }
        // Found at once, and empty: whatever is logged from here on wakes us again.
        if (part.entries.length === 0 && found === part) break;
        let isTold = true;
        for (const stretch of stretchesOf(part.entries)) {
          isTold = await tellStretch(stretch);
          if (!isTold) break;
        }
        if (isTold) position = Math.max(position, part.upTo);
      }
    } catch (error) {
      endLive({ is: "failed", error });
    } finally {
      isTelling = false;
      source.done(live);
    }
  }

  /** False where not all of it is told, and those who are live, if any, are to be told the rest. */
  async function tellStretch(stretch: Stretch<One>): Promise<boolean> {
    const asked = slicesOf(stretch, everyone);
    const slices = asked instanceof Promise ? await asked : asked;
    for (const slice of slices) {
      if (live.size === 0) return false;
      if (slice.made.length > 0) await tellSlice(slice);
      position = slice.upTo;
    }
    return live.size > 0 && isAllOf(stretch, slices);
  }

  async function tellSlice({ made, upTo, isLast }: Slice<One>): Promise<void> {
    const whole = joinedOf(made);
    // Whoever becomes live meanwhile is visited as well, and may have some of it.
    for (const member of live) {
      const isAhead = made[0]!.entry.event.seq <= member.position;
      const some = isAhead ? made.filter(({ entry }) => entry.event.seq > member.position) : made;
      if (!member.sink.hasRoom()) block(member);
      else if (some.length > 0) write(member, isAhead ? joinedOf(some) : whole, { upTo, isLast });
      const pause = turns.step();
      if (pause !== null) await pause;
    }
    told(made.map(({ entry }) => entry));
  }

  /** Reads on for one that is behind, until it is live or wants no more. */
  async function readOn(member: Member<One>): Promise<void> {
    member.is = "reading";
    try {
      while (isReading(member)) {
        const behind = source.window.newest - member.position;
        if (member.wasLive && behind > maxBehind) return leave(member, { is: "slow" });
        if (!member.sink.hasRoom()) return block(member);
        const found = source.after(member.position, member);
        const part = found instanceof Promise ? await found : found;
        if (!isReading(member)) return;
        if (part === null) return leave(member, { is: "expired" });
        if (part.entries.length === 0 && found === part) return goLive(member);
        if (await readPart(member, part)) member.position = Math.max(member.position, part.upTo);
      }
    } catch (error) {
      leave(member, { is: "failed", error });
    } finally {
      source.done(member);
    }
  }

  /** False where it has not taken all of it, and is to go on from its position, if at all. */
  async function readPart(member: Member<One>, { entries }: Part): Promise<boolean> {
    const whom = { is: "replay", connections: [member.sink.connection] } as const;
    for (const stretch of stretchesOf(entries)) {
      // Once begun it is made: where others of its client fill the room again and again, it would not come to an end.
      let isMade = false;
      const isWaiting = () => isReading(member) && (isMade ||= member.sink.hasRoom());
      const asker = { whom, isWaiting };
      const asked = slicesOf(stretch, asker);
      const slices = asked instanceof Promise ? await asked : asked;
      for (const { made, ...end } of slices) {
        if (!isReading(member) || !member.sink.hasRoom()) return false;
        if (made.length > 0) write(member, joinedOf(made), end);
        else member.position = end.upTo;
        const pause = turns.step();
        if (pause !== null) await pause;
      }
      if (!isAllOf(stretch, slices)) return false;
    }
    return isReading(member);
  }

  function goLive(member: Member<One>): void {
    // Nobody else is at the end: the group goes on from where this one is, unless it is further on than the log is known to
    // be here. Whoever becomes live next may not be.
    if (live.size === 0 && !isTelling) position = Math.min(member.position, source.window.newest);
    member.is = "live";
    live.add(member);
    if (!member.wasLive) {
      member.wasLive = true;
      member.sink.caughtUp();
    }
  }

  function write(member: Member<One>, answer: One, { upTo, isLast }: Omit<Slice<One>, "made">): void {
    // Where what failed is told again, what came before it is not.
    member.position = isLast ? upTo - 1 : upTo;
    member.sink.write(answer);
    if (isLast) leave(member, { is: "told" });
  }

  function block(member: Member<One>): void {
    member.position = positionOf(member);
    member.is = "blocked";
    live.delete(member);
  }

  function positionOf(member: Member<One>): Seq {
    return member.is === "live" ? Math.max(member.position, position) : member.position;
  }

  function leave(member: Member<One>, end: End | null): void {
    if (member.is === "gone") return;
    member.is = "gone";
    live.delete(member);
    members.delete(member);
    source.done(member);
    if (end !== null) member.sink.end(end);
    if (members.size > 0) return;
    source.done(live);
    emptied();
  }

  function endLive(end: End): void {
    for (const member of live) leave(member, end);
  }

  /** Each is looked for once in a page of the log, however many read it, and when it is first asked for. */
  function* stretchesOf(entries: readonly LogEntry[]): Generator<Stretch<One>> {
    const known = stretches.get(entries) ?? [];
    stretches.set(entries, known);
    for (let index = 0; ; index += 1) {
      const start = known[index - 1]?.end ?? 0;
      if (start === entries.length) return;
      yield (known[index] ??= stretchFrom(entries, start));
    }
  }

  function stretchFrom(entries: readonly LogEntry[], start: number): Stretch<One> {
    const told: Told<One>[] = [];
    let end = start;
    while (end < entries.length && end - start < mostInStretch && told.length < mostTold) {
      const entry = entries[end]!;
      const telling = operation.tell(entry);
      if (telling !== null) told.push({ entry, telling });
      end += 1;
    }
    return { told, end, upTo: entries[end - 1]!.event.seq };
  }

  /**
   * The answers to what is told, asked for at the same time; at once where all of them are known, as most are. None where
   * the asker did not wait for the first when that was to be made.
   */
  function slicesOf({ told, upTo }: Stretch<One>, asker: Asker): Slices<One> | Promise<Slices<One>> {
    const ahead: Ahead = { bytes: 0 };
    const asking = askingWhileLittleIs(ahead, asker);
    const known: One[] = [];
    const asked = told.map(({ entry, telling }) => {
      const name = `${entry.event.seq} ${telling.as} ${operation.says}`;
      const answer = answers.named(name, telling.answer, asking);
      if (!(answer instanceof Promise)) known.push(answer);
      return answer;
    });
    return known.length === asked.length
      ? slicesOfKnown(told, known, upTo)
      : slicesOfBeginning({ told, upTo }, asked, ahead);
  }

  function joinedOf(made: readonly Made<One>[]): One {
    return made.length === 1 ? made[0]!.answer : joined(made.map(({ answer }) => answer));
  }

  return {
    join(after, sink) {
      const member: Member<One> = { sink, position: after, is: "reading", wasLive: false };
      members.add(member);
      queueMicrotask(() => {
        if (isReading(member)) void readOn(member);
      });
      return {
        get position() {
          return positionOf(member);
        },
        resume() {
          if (member.is === "blocked") void readOn(member);
        },
        [Symbol.dispose]: () => leave(member, null),
      };
    },
    wake() {
      if (!isTelling && live.size > 0) void tell();
    },
    end(end) {
      for (const member of members) leave(member, end);
    },
  };
}

/** Not a comparison in place: it would be taken to hold after an `await`. */
function isReading<One extends Answer>(member: Member<One>): boolean {
  return member.is === "reading";
}

/** What is made of a stretch, from its beginning on, and waits to be written. */
type Ahead = { bytes: number };

/** Apart, because it lives as long as anything that was asked for, and is to hold nothing of what was made. */
function askingWhileLittleIs(ahead: Readonly<Ahead>, { whom, isWaiting }: Asker): Asker {
  return { whom, isWaiting: () => ahead.bytes <= mostWaitingBytes && isWaiting() };
}

/** Of the answers to what is told, those that are made by the time that they are many bytes, or that nobody waits any more. */
async function slicesOfBeginning<One extends Answer>(
  { told, upTo }: Pick<Stretch<One>, "told" | "upTo">,
  asked: readonly (One | Promise<One | null>)[],
  ahead: Ahead,
): Promise<Slices<One>> {
  // Those behind the beginning are awaited by nobody, whatever becomes of them.
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

function isAllOf<One extends Answer>({ upTo }: Stretch<One>, slices: Slices<One>): boolean {
  return slices.at(-1)?.upTo === upTo;
}

/**
 * Cut where more would be too much to be written as one, and behind each that failed: whoever has come from further on
 * than that is told what follows.
 */
function slicesOfKnown<One extends Answer>(
  told: readonly Told<One>[],
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
