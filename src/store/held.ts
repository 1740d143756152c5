import type { Facts } from "../domain/delivery.ts";
import { addDelivery, eventsLeft, startWalk, type Walk } from "../domain/history.ts";
import { measure, Measurer } from "../domain/measures.ts";
import { remeasure } from "./remeasure.ts";
import type { ShownProject } from "./issue-rows.ts";

/** The history of one issue in memory, as far as it is written. */
export type Held = {
  walk: Walk;
  /** The newest entry about the issue; null while there is none. */
  lastSeq: number | null;
  /** The project that the row shows; without meaning while there is none. */
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
