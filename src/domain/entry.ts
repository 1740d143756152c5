import type { Facts } from "./delivery.ts";
import type { IssueEvent } from "./event.ts";
import type { State } from "./issue.ts";
import { comparePlaces } from "./order.ts";
import type { Walk } from "./walk.ts";

/** One entry of the log. */
export type Entry = {
  readonly event: IssueEvent;
  /**
   * It corrects the history, comes before an event that is already in the log, or is an event of an earlier delivery
   * that a late one brought about.
   */
  readonly isLate: boolean;
  /** The events of the history so far that this one replaces, in history order. */
  readonly supersedes: readonly IssueEvent[];
  /** The issue's state for a follower that has read the log up to here. */
  readonly state: State;
  /** When that state began, in epoch milliseconds. */
  readonly statusSince: number;
};

/** An entry without the fields that depend on the log before it. */
export type EntryDraft = { readonly event: IssueEvent; readonly supersedes: readonly IssueEvent[] };

/** How an issue stands: its last event, its last transition, its state, and the deliveries whose snapshots it shows. */
export type Standing = {
  readonly last: IssueEvent;
  readonly turn: IssueEvent;
  readonly state: State;
  readonly shown: Facts;
  readonly named: Facts | null;
};

/** How the issue of this walk stands; null while it has no delivery. */
export function standingOf(walk: Walk): Standing | null {
  const known = walk.stops.at(-1)?.known;
  if (known == null) return null;
  // The first stop of a walk has an event, and that is a transition.
  const last = walk.last!.events.at(-1)!;
  const turn = walk.turn!.events.findLast(isTurn)!;
  return { last, turn, state: known.state, shown: known.shown, named: known.named };
}

/**
 * Makes entries of the drafts, in history order, each with the state that a reader of the log then knows. `added` is
 * the delivery that led to them, from `before` to `after`.
 *
 * An entry that comes in order moves the issue on to its state. A late one brings no old state back: the state stays as
 * it was until the last entry, or the one with the newest transition.
 */
export function entriesFrom(
  drafts: readonly EntryDraft[],
  added: number,
  before: Standing | null,
  after: Standing,
): readonly Entry[] {
  let standing = stateOf(before ?? after);
  return drafts.map((draft, i) => {
    const { event, supersedes } = draft;
    const isBeforeOthers = before !== null && byPlace(event, before.last) < 0;
    const isLate = isBeforeOthers || supersedes.length > 0 || event.delivery !== added;
    if (i === drafts.length - 1 || event === after.turn) standing = stateOf(after);
    else if (!isLate && event.transition !== null)
      standing = { state: event.transition.to, statusSince: event.occurredAt };
    return { event, isLate, supersedes, ...standing };
  });
}

function stateOf({ state, turn }: Standing): Pick<Entry, "state" | "statusSince"> {
  return { state, statusSince: turn.occurredAt };
}

function isTurn({ transition }: IssueEvent): boolean {
  return transition !== null;
}

function byPlace(a: IssueEvent, b: IssueEvent): number {
  return comparePlaces(a.place, b.place);
}
