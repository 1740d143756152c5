import type { Position } from "../../src/domain/cursor.ts";
import type { LoggedEvent, LogEntry, Transition } from "../../src/domain/event.ts";
import type { Issue, IssueFields, Project, State } from "../../src/domain/issue.ts";
import type { Delivery } from "../../src/store/reader.ts";

export const epoch = "e1";

/** The clock of every test. */
export const now = Date.parse("2026-11-23T12:00:00.000Z");

export const at = (seq: number): Position => ({ epoch, seq });

export const minutes = (count: number): number => now + count * 60_000;

export const unresolved: State = { status: "unresolved", substatus: "new" };
export const resolved: State = { status: "resolved", substatus: null };

export const checkout: Project = { sentryId: "11", slug: "checkout", name: "Checkout", platform: "python" };

const plainFields: IssueFields = {
  shortId: null,
  title: "An issue",
  culprit: null,
  statusRaw: "unresolved",
  substatusRaw: "new",
  statusDetails: {},
  levelRaw: "error",
  priorityRaw: null,
  category: "error",
  issueType: "error",
  platform: "python",
  project: checkout,
  assignee: null,
  isUnhandled: null,
  count: 1,
  userCount: 0,
  firstSeen: null,
  lastSeen: null,
};

export function fields(given: Partial<IssueFields> = {}): IssueFields {
  return { ...plainFields, ...given };
}

export function issue(
  sentryId: string,
  given: Partial<IssueFields> = {},
  known: Partial<Pick<Issue, "state" | "statusSince" | "shown">> = {},
): Issue {
  return { sentryId, state: unresolved, statusSince: now, shown: 1, fields: fields(given), ...known };
}

/** An event of the issue `4501` at this position, except for the fields given. */
export function event(seq: number, given: Partial<LoggedEvent> = {}): LoggedEvent {
  return {
    place: Uint8Array.of(seq),
    delivery: 1,
    role: "report",
    source: "REPORTED",
    action: "OTHER",
    actionRaw: null,
    actor: null,
    assignee: null,
    transition: null,
    occurredAt: minutes(seq),
    occurredAfter: null,
    seq,
    issueId: "4501",
    id: `d${seq}.report`,
    isLate: false,
    supersedes: null,
    supersededBy: null,
    receivedAt: minutes(seq),
    committedAt: minutes(seq),
    resolutionType: null,
    ...given,
  };
}

export function transition(from: State | null, to: State, kind: Transition["kind"]): Transition {
  return { from, to, kind };
}

export function entry(
  seq: number,
  given: Omit<Partial<LogEntry>, "event"> & { readonly event?: Partial<LoggedEvent> } = {},
): LogEntry {
  const after = given.after ?? issue("4501");
  return {
    before: given.before ?? null,
    after,
    event: event(seq, { issueId: after.sentryId, ...given.event }),
  };
}

export function delivery(id: number, given: Partial<Delivery> = {}): Delivery {
  return {
    id,
    position: id,
    receivedAt: minutes(id),
    sentAt: minutes(id),
    resource: "issue",
    action: "created",
    requestId: `h:${id}`,
    isRequestIdReused: false,
    idempotencyKey: null,
    installationId: null,
    outcome: "APPLIED",
    reason: null,
    repeatOf: null,
    bytes: 2,
    ...given,
  };
}
