import type { State } from "./issue.ts";
import type { TransitionEvent } from "./transition.ts";

/** One stay in a status and substatus. */
export type Span = {
  readonly state: State;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Epoch milliseconds; null while it lasts. */
  readonly endedAt: number | null;
  readonly startedBy: TransitionEvent;
};

/**
 * The stays that one issue's transitions begin and end, oldest first: as many as there are transitions, and the last
 * one lasts. `transitions` are all of them, in history order.
 */
export function spansOf(transitions: readonly TransitionEvent[]): readonly Span[] {
  return transitions.map((startedBy, index) => ({
    state: startedBy.transition.to,
    startedAt: startedBy.occurredAt,
    endedAt: transitions[index + 1]?.occurredAt ?? null,
    startedBy,
  }));
}
