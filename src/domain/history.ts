import { entriesOf } from "./correction.ts";
import type { Facts } from "./delivery.ts";
import { standingOf, type Entry, type Standing } from "./entry.ts";
import type { IssueEvent } from "./event.ts";
import type { State } from "./issue.ts";
import { repetitionOf, unchangedBecause } from "./change-reason.ts";
import { knownAlike } from "./repeats.ts";
import { addStop, startWalk, type Walk } from "./walk.ts";

/** The history of one issue, and its state at the end. */
export type History = {
  /** In history order, the order of their places; never empty. */
  readonly events: readonly IssueEvent[];
  readonly state: State;
  /** When the last transition happened, in epoch milliseconds. */
  readonly statusSince: number;
  /** The delivery whose snapshot is the issue's. */
  readonly shown: number;
  /** The delivery whose snapshot names the issue's project, usually `shown`; null while none has. */
  readonly named: number | null;
};

/** What one more delivery changes in the history of its issue. */
export type Change = {
  /** New entries of the log, in its order; empty if nothing changes at all. */
  readonly entries: readonly Entry[];
  /** The first known delivery that this one repeats. A repeat can still have entries, for its snapshot counts. */
  readonly repeatOf: number | null;
  /** One sentence that says why nothing changes, or what is repeated; null for a delivery that is simply applied. */
  readonly reason: string | null;
  readonly state: State;
  readonly statusSince: number;
  readonly shown: number;
  readonly named: number | null;
  /** `shown` before this delivery; null for the first one. */
  readonly shownBefore: number | null;
  /** `named` before this delivery; null if there was none. */
  readonly namedBefore: number | null;
};

/**
 * Derives the history of one issue from its deliveries, in whatever order they are given.
 *
 * @throws RangeError without any delivery.
 */
export function deriveHistory(deliveries: readonly Facts[]): History {
  return historyOf(startWalk(deliveries));
}

/**
 * The history that the walk holds, without the events that it has let go of.
 * @throws RangeError while it has no delivery.
 */
export function historyOf(walk: Walk): History {
  const standing = standingOf(walk);
  if (standing === null) throw new RangeError("A history needs a delivery.");
  return { events: eventsLeft(walk), ...stated(standing) };
}

/** The events that the walk still holds, in history order. */
export function eventsLeft(walk: Walk): readonly IssueEvent[] {
  return walk.stops.flatMap(({ events }) => events);
}

/**
 * Adds a delivery to the walk of its issue, in its place however late it arrives, and returns what that changes.
 *
 * Folding the log's entries (each inserts its event and removes those that it supersedes) gives the history of all
 * deliveries added so far. A delivery that sorts last costs one step. A late one costs a step for each stop after which
 * something else is known than before. The walk must not be used again after this throws.
 *
 * @throws PastNeededError if the walk has let go of what the delivery changes: add it to a walk over all deliveries.
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

/** The memory that the walk takes, in stops. Each stop that it has let go of leaves some hundred bytes. */
export function sizeOf({ stops, past }: Walk): number {
  return stops.length + Math.ceil((past?.prints.size ?? 0) / 30);
}

function stated({ state, turn, shown, named }: Standing): Omit<History, "events"> {
  return { state, statusSince: turn.occurredAt, shown: shown.delivery, named: named?.delivery ?? null };
}
