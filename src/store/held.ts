import type { Facts } from "../domain/delivery.ts";
import type { IssueEvent } from "../domain/event.ts";
import { addDelivery, eventsLeft, startWalk, type Change, type Walk } from "../domain/history.ts";
import { measure, Measurer, type Measures } from "../domain/measures.ts";
import { comparePlaces } from "../domain/order.ts";
import type { ShownProject } from "./issue-rows.ts";

/** The history of one issue in memory, as far as it is written. */
export type Held = {
  walk: Walk;
  /** The newest entry about the issue; null while there is none. */
  lastSeq: number | null;
  /** The project that the issue's row shows; without meaning while there is none. */
  project: ShownProject;
  /** It has measured the whole history. */
  measurer: Measurer;
  /** It has measured what the walk has let go of. */
  settled: Measurer;
};

/** What follows from an issue's deliveries alone. */
export type Derived = Pick<Held, "walk" | "measurer" | "settled">;

/** @param facts of all deliveries of the issue, in any order. */
export function derived(facts: readonly Facts[]): Derived {
  const walk = startWalk(facts);
  const settled = new Measurer();
  return { walk, settled, measurer: measure(eventsLeft(walk), settled).measurer };
}

/**
 * Adds deliveries that somebody else has written, with all that they change.
 *
 * Not to be used again after it throws.
 * @throws PastNeededError when the walk has let go of what one of them changes.
 */
export function catchUp(held: Derived, facts: readonly Facts[]): void {
  for (const one of facts) remeasure(held, addDelivery(held.walk, one));
}

/**
 * What the change makes of the measures: those of its own events, and of others where they may differ now. What comes at
 * the end can change those of the stay that it ends; what is late those of all events behind it, too.
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
