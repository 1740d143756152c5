import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import type { Answer, EntryOperation } from "./operation.ts";
import { connectionsOf, type End, type Sink, type Subscriber } from "./subscriber.ts";
import type { AnswerCache, Asker } from "./answer-cache.ts";
import type { Part, Source } from "./source.ts";
import { createStretches, isAllOf, type Made, type Slice, type Stretch } from "./stretches.ts";
import type { Turns } from "./turns.ts";

type EntryGroupOptions<One extends Answer> = {
  readonly operation: EntryOperation<One>;
  readonly source: Source;
  readonly turns: Turns;
  /** Shared by all groups. */
  readonly answers: AnswerCache<One>;
  /** Joins several answers into one, in their order. */
  readonly joined: (answers: readonly One[]) => One;
  /** How many entries a subscriber that has been live may fall behind before it is ended as slow. */
  readonly maxBehind: number;
  /** Called with entries once they have been written to everyone live. */
  readonly delivered: (entries: readonly LogEntry[]) => void;
  /** Called when the last subscriber has left. */
  readonly emptied: () => void;
};

export type EntryGroup<One extends Answer> = {
  readonly join: (after: Seq, sink: Sink<One>) => Subscriber;
  /** To be called when something may have been logged. */
  readonly wake: () => void;
  readonly end: (end: End) => void;
};

/**
 * - live: at the end of the log; new entries are written to all live members together
 * - reading: behind the end, and catching up by itself
 * - blocked: its sink had no room for an answer; it catches up once there is room
 * - gone: it left or was ended
 */
type Member<One extends Answer> = {
  readonly sink: Sink<One>;
  position: Seq;
  is: "live" | "reading" | "blocked" | "gone";
  wasLive: boolean;
};

/**
 * The subscribers of one operation. Each is only a position in the log: one that falls behind reads later, from the
 * same source, and gets the same answers. An answer is made once, however many want it.
 */
export function createEntryGroup<One extends Answer>(options: EntryGroupOptions<One>): EntryGroup<One> {
  const { operation, source, turns, answers, joined, maxBehind, delivered, emptied } = options;
  const members = new Set<Member<One>>();
  const live = new Set<Member<One>>();
  /**
   * All live members have everything up to here. Never past the window's end, so that nobody becomes live before it.
   */
  let position: Seq = 0;
  let isTelling = false;
  const stretches = createStretches(operation, answers);
  /** Asks for all members: those that are live, and those that will be. */
  const everyone: Asker = {
    whom: { is: "live", connections: connectionsOf(members) },
    isWaiting: () => members.size > 0,
  };

  /** Writes new entries to all live members, until they have everything. */
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
        // Found at once and empty: the end of the log. Entries logged from now on wake us again.
        if (part.entries.length === 0 && found === part) break;
        let isTold = true;
        for (const stretch of stretches.of(part.entries)) {
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

  /** False if not all of it was told, so that live members, if any, still have to be told the rest. */
  async function tellStretch(stretch: Stretch<One>): Promise<boolean> {
    const asked = stretches.slices(stretch, everyone);
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
    // A member that becomes live meanwhile is visited as well, and may have some of it already.
    for (const member of live) {
      const isAhead = made[0]!.entry.event.seq <= member.position;
      const some = isAhead ? made.filter(({ entry }) => entry.event.seq > member.position) : made;
      if (!member.sink.hasRoom()) block(member);
      else if (some.length > 0) write(member, isAhead ? joinedOf(some) : whole, { upTo, isLast });
      const pause = turns.step();
      if (pause !== null) await pause;
    }
    delivered(made.map(({ entry }) => entry));
  }

  /** Catches a member up, until it is live, blocked or gone. */
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

  /** False if the member has not taken all of the part: if it goes on, it does so from its position. */
  async function readPart(member: Member<One>, { entries }: Part): Promise<boolean> {
    const whom = { is: "replay", connections: [member.sink.connection] } as const;
    for (const stretch of stretches.of(entries)) {
      // Once begun, a stretch is made whole: if other subscriptions of its client filled the room again and again, it
      // would never be finished.
      let isMade = false;
      const isWaiting = () => isReading(member) && (isMade ||= member.sink.hasRoom());
      const asker = { whom, isWaiting };
      const asked = stretches.slices(stretch, asker);
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
    // Nobody else is live, so the group goes on from this member's position. If that is past the end of the window, it
    // goes on from that end: the next member to become live may be there.
    if (live.size === 0 && !isTelling) position = Math.min(member.position, source.window.newest);
    member.is = "live";
    live.add(member);
    if (!member.wasLive) {
      member.wasLive = true;
      member.sink.caughtUp();
    }
  }

  function write(member: Member<One>, answer: One, { upTo, isLast }: Omit<Slice<One>, "made">): void {
    // A subscriber that comes back is told the failed entry again, but nothing before it.
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

/** A function, because TypeScript would take a comparison in place to hold after an `await` too. */
function isReading<One extends Answer>(member: Member<One>): boolean {
  return member.is === "reading";
}
