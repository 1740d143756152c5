import type { Draft } from "./course.ts";
import type { Facts } from "./delivery.ts";
import type { IssueEvent, Transition } from "./event.ts";
import type { Assignee, State } from "./issue.ts";
import type { Known } from "./known-state.ts";
import { actionOf, inferredActionOf, kindOf } from "./kind.ts";
import { comparePlaces, placeOf } from "./order.ts";
import type { Alike } from "./repeats.ts";

/** One delivery in the walk over its issue's deliveries, and what the walk made of it. */
export type Stop = {
  readonly facts: Facts;
  readonly alike: Alike;
  /** What is known after it; null until it is walked. */
  known: Known | null;
  /** It counts for nothing: it was held back or replayed, or is not walked yet. */
  isPassedOver: boolean;
  /** It is passed over because a newer snapshot came since its body last counted. So is the next one with that body. */
  isOutdated: boolean;
  drafts: readonly Draft[];
  /** The delivery whose INFERRED event this one reports. */
  tells: Facts | null;
  /** The delivery that reports this one's INFERRED event. */
  toldBy: Facts | null;
  /** When its events happened according to this delivery alone, in epoch milliseconds. */
  at: number;
  /** `at`, but never later than the event after it. */
  occurredAt: number;
  /** The events made of the drafts, in history order. */
  events: readonly IssueEvent[];
};

/** A stop that counts for nothing until it is walked. */
export function createStop(facts: Facts, alike: Alike): Stop {
  const { sentAt } = facts;
  return {
    facts,
    alike,
    known: null,
    isPassedOver: true,
    isOutdated: false,
    drafts: [],
    tells: null,
    toldBy: null,
    at: sentAt,
    occurredAt: sentAt,
    events: [],
  };
}

/** The events of a stop as it is now. An event that did not change is the same object as before. */
export function eventsOf(stop: Stop): readonly IssueEvent[] {
  return stop.drafts.map((draft) => {
    const event = eventOf(stop, draft);
    return stop.events.find((was) => isSameEvent(was, event)) ?? event;
  });
}

function eventOf({ facts, toldBy, occurredAt }: Stop, draft: Draft): IssueEvent {
  const { role, assignee, transition } = draft;
  const event = { place: placeOf(facts, role), occurredAt };
  const reported = (by: Facts): Omit<IssueEvent, "place" | "occurredAt" | "role" | "assignee"> => ({
    delivery: by.delivery,
    source: "REPORTED",
    action: actionOf(by),
    actionRaw: by.action,
    actor: by.actor,
    transition: transition && { ...transition, kind: kindOf(transition.from, transition.to, by) },
    occurredAfter: null,
  });
  if (role === "report") return { ...event, ...reported(facts), role, assignee };
  // Keeps the assignee of the draft: that of the later snapshot may have been assigned since.
  if (toldBy !== null) return { ...event, ...reported(toldBy), role: "told", assignee };
  return {
    ...event,
    role,
    delivery: facts.delivery,
    source: "INFERRED",
    action: inferredActionOf(transition.to),
    actionRaw: null,
    actor: null,
    assignee,
    transition: { ...transition, kind: kindOf(transition.from, transition.to, null) },
    occurredAfter: Math.min(draft.notBefore, occurredAt),
  };
}

/** Compares the fields that do not follow from the place and the facts of the delivery. */
function isSameEvent(a: IssueEvent, b: IssueEvent): boolean {
  return (
    a.delivery === b.delivery &&
    a.occurredAt === b.occurredAt &&
    a.occurredAfter === b.occurredAfter &&
    isSameTransition(a.transition, b.transition) &&
    isSameAssignee(a.assignee, b.assignee) &&
    comparePlaces(a.place, b.place) === 0
  );
}

function isSameTransition(a: Transition | null, b: Transition | null): boolean {
  if (a === null || b === null) return a === b;
  return a.kind === b.kind && isSameState(a.from, b.from) && isSameState(a.to, b.to);
}

function isSameState(a: State | null, b: State | null): boolean {
  if (a === null || b === null) return a === b;
  return a.status === b.status && a.substatus === b.substatus;
}

function isSameAssignee(a: Assignee | null, b: Assignee | null): boolean {
  if (a === null || b === null) return a === b;
  return a.type === b.type && a.sentryId === b.sentryId && a.name === b.name && a.email === b.email;
}
