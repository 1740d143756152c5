import type { LoggedEvent, Transition } from "./event.ts";

/** An event that changed its issue's status or substatus. */
export type TransitionEvent = LoggedEvent & { readonly transition: Transition };

/** True when the event changed status or substatus. */
export function isTransition(event: LoggedEvent): event is TransitionEvent {
  return event.transition !== null;
}
