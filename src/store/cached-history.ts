import type { Facts } from "../domain/delivery.ts";
import type { IssueEvent } from "../domain/event.ts";
import { addDelivery, eventsLeft, type Change } from "../domain/history.ts";
import { startWalk, type Walk } from "../domain/walk.ts";
import { measure, Measurer, type Measures } from "../domain/measures.ts";
import { comparePlaces } from "../domain/order.ts";
import type { ShownProject } from "./issue-rows.ts";

/** The written history of one issue, in memory. */
export type CachedHistory = {
  walk: Walk;
  /** The position of the newest entry about the issue; null while there is none. */
  lastSeq: number | null;
  /** The project that the issue's row shows; meaningless while there is no entry. */
  project: ShownProject;
  /** Has measured the whole history. */
  measurer: Measurer;
  /** Has measured the events that the walk has let go of. */
  settled: Measurer;
};

/** What follows from an issue's deliveries alone. */
type Derived = Pick<CachedHistory, "walk" | "measurer" | "settled">;

/**
 * Derives an issue's history.
 * @param facts of all its deliveries, in any order.
 */
export function derived(facts: readonly Facts[]): Derived {
  const walk = startWalk(facts);
  const settled = new Measurer();
  return { walk, settled, measurer: measure(eventsLeft(walk), settled).measurer };
}

/**
 * Adds deliveries that another replica has written, with all that they change. `held` must not be used again if this
 * throws.
 * @throws PastNeededError if the walk has let go of what one of them changes.
 */
export function catchUp(held: Derived, facts: readonly Facts[]): void {
  for (const one of facts) remeasure(held, addDelivery(held.walk, one));
}

/**
 * Returns the measures of a change's own events, and of all others whose measures may differ now. An event at the end
 * can change those of the stay that it ends, a late one also those of all events after it.
 */
export function remeasure(held: Derived, { entries }: Pick<Change, "entries">): Map<IssueEvent, Measures> {
  if (entries.some(({ isLate }) => isLate)) {
    const history = eventsLeft(held.walk);
    const [first, ...others] = entries.flatMap(({ event, supersedes }) => [event, ...supersedes]);
    const { place } = others.reduce((a, b) => (comparePlaces(b.place, a.place) < 0 ? b : a), first!);
    const before = held.settled.copy();
    let same = 0;
    while (same < history.length && comparePlaces(history[same]!.place, place) < 0)
      before.add(history[same++]!);
    const { measurer, measured } = measure(history.slice(same), before);
    held.measurer = measurer;
    return measured;
  }
  const measured = new Map<IssueEvent, Measures>();
  for (const { event } of entries) {
    const { measures, undone } = held.measurer.add(event);
    measured.set(event, measures);
    for (const earlier of undone) measured.set(earlier.event, earlier.measures);
  }
  return measured;
}
