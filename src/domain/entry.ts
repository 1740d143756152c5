import type { Facts } from "./delivery.ts";
import type { IssueEvent } from "./event.ts";
import type { State } from "./issue.ts";
import { comparePlaces } from "./order.ts";
import { lastEvent, type Walk } from "./walk.ts";

/** One entry of the log. */
export type Entry = {
  readonly event: IssueEvent;
  /** It corrects the history, comes before an event that the log already has, or is back after it had left. */
  readonly isLate: boolean;
  /** The events in history until now that this one replaces; in history order. */
  readonly supersedes: readonly IssueEvent[];
  /** The issue's state once this entry is applied, as a follower knows it that has read the log up to here. */
  readonly state: State;
  /** When that state began, in epoch milliseconds. */
  readonly statusSince: number;
};

/** An entry, but for what depends on the log before it. */
export type EntryDraft = { readonly event: IssueEvent; readonly supersedes: readonly IssueEvent[] };

/** How an issue stands: its last event, its last transition and what that led to, and whose snapshot it shows. */
export type Standing = {
  readonly last: IssueEvent;
  readonly turn: IssueEvent;
  readonly state: State;
  readonly shown: Facts;
};

/** How the issue of this walk stands; null while it has no delivery. */
export function standingOf(walk: Walk): Standing | null {
  const known = walk.stops.at(-1)?.known;
  if (known == null) return null;
  // The first stop of a walk has an event, and that is a transition.
  const last = walk.last!.events.at(-1)!;
  const turn = walk.turn!.events.findLast(isTurn)!;
  return { last, turn, state: known.state, shown: known.shown };
}

/**
 * Follows the drafts into the log as its readers do, one by one in history order. `added` is the delivery that led to
 * them; the walk has come to `after`.
 */
export function entriesFrom(
  drafts: readonly EntryDraft[],
  walk: Walk,
  added: number,
  before: Standing | null,
  after: Standing,
): readonly Entry[] {
  const last = new Latest(drafts, walk, before?.last ?? null, () => true);
  const turn = new Latest(drafts, walk, before?.turn ?? null, isTurn);
  return drafts.map((draft) => {
    const { event, supersedes } = draft;
    const isBeforeOthers = last.event !== null && comparePlaces(event.place, last.event.place) < 0;
    last.apply(draft);
    turn.apply(draft);
    // What began the history is only ever replaced, so there is a transition.
    const since = turn.event!;
    return {
      event,
      isLate: isBeforeOthers || supersedes.length > 0 || event.delivery !== added,
      supersedes,
      state: stateSince(since, before, after),
      statusSince: since.occurredAt,
    };
  });
}

/** The state since that transition: with a substatus that was learned after it, where none came between. */
function stateSince(transition: IssueEvent, before: Standing | null, after: Standing): State {
  if (transition === after.turn) return after.state;
  if (transition === before?.turn) return before.state;
  return transition.transition!.to;
}

/** The latest of the wanted events in history, while drafts are applied in their order. */
class Latest {
  /** What the drafts supersede, as far as they have not yet been applied; in history order. */
  readonly #leaving: IssueEvent[];
  /** The latest that no draft touches. */
  readonly #staying: IssueEvent | null;
  readonly #isWanted: (event: IssueEvent) => boolean;
  #entered: IssueEvent | null = null;

  constructor(
    drafts: readonly EntryDraft[],
    walk: Walk,
    before: IssueEvent | null,
    isWanted: (event: IssueEvent) => boolean,
  ) {
    this.#isWanted = isWanted;
    this.#leaving = drafts.flatMap(({ supersedes }) => supersedes.filter(isWanted)).sort(byPlace);
    const entering = new Set(drafts.map(({ event }) => event));
    this.#staying =
      before !== null && this.#leaving.includes(before)
        ? lastEvent(walk, (event) => isWanted(event) && !entering.has(event))
        : before;
  }

  /** Null while there is none. */
  get event(): IssueEvent | null {
    return later(later(this.#staying, this.#leaving.at(-1) ?? null), this.#entered);
  }

  apply({ event, supersedes }: EntryDraft): void {
    for (const old of supersedes.filter(this.#isWanted)) this.#leaving.splice(this.#leaving.indexOf(old), 1);
    if (this.#isWanted(event)) this.#entered = event;
  }
}

function later(a: IssueEvent | null, b: IssueEvent | null): IssueEvent | null {
  if (a === null || b === null) return a ?? b;
  return byPlace(a, b) > 0 ? a : b;
}

function isTurn({ transition }: IssueEvent): boolean {
  return transition !== null;
}

function byPlace(a: IssueEvent, b: IssueEvent): number {
  return comparePlaces(a.place, b.place);
}
