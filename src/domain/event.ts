import type { Actor, Assignee, Issue, State } from "./issue.ts";

export type IssueAction =
  "CREATED" | "RESOLVED" | "ASSIGNED" | "ARCHIVED" | "UNRESOLVED" | "ACTIVITY" | "OTHER";

export const eventSources = ["REPORTED", "INFERRED"] as const;
export type EventSource = (typeof eventSources)[number];

export const transitionKinds = [
  "OPENED",
  "DISCOVERED",
  "RESOLVED",
  "ARCHIVED",
  "ARCHIVE_CHANGED",
  "REGRESSED",
  "REOPENED",
  "UNARCHIVED",
  "ESCALATED",
  "SETTLED",
  "OTHER",
] as const;
export type TransitionKind = (typeof transitionKinds)[number];

/** A change of status or substatus. `from` is null if the gateway had not heard of the issue before. */
export type Transition = { readonly from: State | null; readonly to: State; readonly kind: TransitionKind };

/**
 * What an event is to the delivery that it names:
 *
 * - `report`: what the delivery reports;
 * - `before`, `after`: an INFERRED change that the delivery shows to have come before or after what it reports;
 * - `told`: an event that an earlier snapshot showed and this delivery reports.
 */
export type EventRole = "before" | "report" | "after" | "told";

/** The role of a log entry that is no event, but says that its issue was forgotten. It is in no history. */
export const forgottenRole = "forgotten";

/** One thing that happened to an issue, as derived from its deliveries. */
export type IssueEvent = {
  /**
   * The event's place in its issue's history: bytes that compare as history does. One place holds one event. An event
   * that a later delivery corrects keeps its place.
   */
  readonly place: Uint8Array;
  /** The delivery that tells the event, or whose snapshot shows it. */
  readonly delivery: number;
  readonly role: EventRole;
  readonly source: EventSource;
  /** For INFERRED, the action that Sentry would have sent. */
  readonly action: IssueAction;
  /** As sent; the activity's type for ACTIVITY; null for INFERRED. */
  readonly actionRaw: string | null;
  /** Null for INFERRED, and if Sentry named none. */
  readonly actor: Actor | null;
  /** The assignee after this event. */
  readonly assignee: Assignee | null;
  /** Null for an event that changed no status or substatus: an assignment, an unknown action, a new snapshot. */
  readonly transition: Transition | null;
  /** Epoch milliseconds; never later than the event after it in history. */
  readonly occurredAt: number;
  /** For INFERRED, the earliest time that it can have happened; never later than `occurredAt`. Null for REPORTED. */
  readonly occurredAfter: number | null;
};

/** An event as the log holds it. */
export type LoggedEvent = Omit<IssueEvent, "role"> & {
  readonly role: EventRole | typeof forgottenRole;
  readonly seq: number;
  /** Sentry's id of the issue. */
  readonly issueId: string;
  /**
   * The event's own id, which outlives `rebuild`: its delivery, the role in it, and a number from the second version of
   * that event on.
   */
  readonly id: string;
  readonly isLate: boolean;
  /** The position of the event that this one replaces; of several, the smallest. */
  readonly supersedes: number | null;
  /** The position of the event that replaced this one in the history; null while none has. */
  readonly supersededBy: number | null;
  /** When the delivery that it names was received, in epoch milliseconds. */
  readonly receivedAt: number;
  /** Epoch milliseconds at which the gateway committed it. */
  readonly committedAt: number;
  readonly resolutionType: string | null;
};

/** An entry of the log, with the issue as the gateway knew it just before and just after. */
export type LogEntry = {
  readonly event: LoggedEvent;
  /** Null for the first entry of an issue. */
  readonly before: Issue | null;
  readonly after: Issue;
};
