import { entriesOf } from "./correction.ts";
import type { Facts } from "./delivery.ts";
import { standingOf, type Entry, type Standing } from "./entry.ts";
import type { IssueEvent } from "./event.ts";
import type { State } from "./issue.ts";
import { repetitionOf, unchangedBecause } from "./outcome.ts";
import { knownAlike } from "./repeats.ts";
import { PastNeededError } from "./past.ts";
import { addStop, letGo, startWalk, type Walk } from "./walk.ts";

export { letGo, PastNeededError, startWalk, type Entry, type Walk };

/** What an issue's deliveries tell of it. */
export type History = {
  /** In history order, which is that of their places; never empty. */
  readonly events: readonly IssueEvent[];
  readonly state: State;
  /** When the last transition happened, in epoch milliseconds. */
  readonly statusSince: number;
  /** The delivery whose snapshot is the issue's. */
  readonly shown: number;
  /** The delivery whose snapshot names the issue's project, mostly the same one; null while none has. */
  readonly named: number | null;
};

/** What one more delivery changes in the history of its issue. */
export type Change = {
  /** New entries of the log, in its order; none when nothing changes at all. */
  readonly entries: readonly Entry[];
  /** The first known delivery that this one repeats. It can have entries all the same, for its snapshot counts. */
  readonly repeatOf: number | null;
  /** One sentence on why nothing changes, or what is repeated; null for a delivery that is simply applied. */
  readonly reason: string | null;
  readonly state: State;
  readonly statusSince: number;
  readonly shown: number;
  readonly named: number | null;
  /** Whose snapshot was the issue's before; null for the first delivery. */
  readonly shownBefore: number | null;
  /** Whose snapshot named its project before; null where none did. */
  readonly namedBefore: number | null;
};

/**
 * The history of one issue: a function of the set of its deliveries, whose order here says nothing.
 *
 * @throws RangeError without any delivery.
 */
export function deriveHistory(deliveries: readonly Facts[]): History {
  return historyOf(startWalk(deliveries));
}

/** The history as the walk has it; of one that has let go of something, what is left. @throws RangeError while it has no delivery. */
export function historyOf(walk: Walk): History {
  const standing = standingOf(walk);
  if (standing === null) throw new RangeError("A history needs a delivery.");
  return { events: eventsLeft(walk), ...stated(standing) };
}

/** The events of the walk, but for those of stops that it has let go of, in history order. */
export function eventsLeft(walk: Walk): readonly IssueEvent[] {
  return walk.stops.flatMap(({ events }) => events);
}

/**
 * Adds a delivery to the walk of its issue, in its place however late it arrives, and tells what that changes.
 *
 * The log's entries, folded (each inserts its event and removes those that it supersedes), are the history of all
 * deliveries added so far. A delivery that sorts last costs one step; a late one as many as know something else than
 * before. Not to be used again after it throws.
 *
 * @throws PastNeededError when the walk has let go of what the delivery changes: add it to a walk over all of them.
 */
export function addDelivery(walk: Walk, facts: Facts): Change {
  const before = standingOf(walk);
  const known = knownAlike(walk.repeats, facts);
  const touched = addStop(walk, facts);
  const after = standingOf(walk)!;
  const entries = entriesOf(walk, facts.delivery, touched, before);
  const repeat = repetitionOf(facts, known, touched);
  return {
    entries,
    repeatOf: repeat?.of ?? null,
    reason: repeat?.reason ?? (entries.length > 0 ? null : unchangedBecause(facts, after.state)),
    ...stated(after),
    shownBefore: before?.shown.delivery ?? null,
    namedBefore: before?.named?.delivery ?? null,
  };
}

/** How much memory the walk takes, in that of one stop: what it has let go of leaves some hundred bytes each. */
export function sizeOf({ stops, past }: Walk): number {
  return stops.length + Math.ceil((past?.prints.size ?? 0) / 30);
}

function stated({ state, turn, shown, named }: Standing): Omit<History, "events"> {
  return { state, statusSince: turn.occurredAt, shown: shown.delivery, named: named?.delivery ?? null };
}
