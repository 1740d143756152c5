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
 * The stays of one issue, oldest first. Each transition begins one and ends the one before; the last one lasts.
 * `transitions` are all of the issue's, in history order.
 */
export function spansOf(transitions: readonly TransitionEvent[]): readonly Span[] {
  return transitions.map((startedBy, index) => ({
    state: startedBy.transition.to,
    startedAt: startedBy.occurredAt,
    endedAt: transitions[index + 1]?.occurredAt ?? null,
    startedBy,
  }));
}
