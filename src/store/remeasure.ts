import type { IssueEvent } from "../domain/event.ts";
import { eventsLeft, type Change } from "../domain/history.ts";
import { measure, type Measures } from "../domain/measures.ts";
import { comparePlaces } from "../domain/order.ts";
import type { Derived } from "./held.ts";

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
