import type { IssueEvent, LogEntry, LoggedEvent } from "../../src/domain/event.ts";
import type { Issue, IssueFields } from "../../src/domain/issue.ts";

const fields: IssueFields = {
  shortId: "WEB-1",
  title: "TypeError: x is not a function",
  culprit: "app/index.ts",
  statusRaw: "unresolved",
  substatusRaw: "ongoing",
  statusDetails: {},
  levelRaw: "error",
  priorityRaw: "high",
  category: "error",
  issueType: "error",
  platform: "javascript",
  project: { sentryId: "7", slug: "web", name: "Web", platform: "javascript" },
  assignee: { type: "USER", sentryId: "3", name: "Ada", email: "ada@example.com" },
  isUnhandled: false,
  count: 5,
  userCount: 2,
  firstSeen: Date.UTC(2026, 0, 1),
  lastSeen: Date.UTC(2026, 0, 2),
};

/** An issue that differs from all others only in the fields given. */
export function anIssue({
  sentryId = "1",
  state = { status: "unresolved", substatus: "ongoing" },
  statusSince = Date.UTC(2026, 0, 1),
  ...shown
}: Partial<Pick<Issue, "sentryId" | "state" | "statusSince"> & IssueFields> = {}): Issue {
  return { sentryId, state, statusSince, fields: { ...fields, ...shown }, shown: 1 };
}

/** A log entry whose event resolved the issue, except for the fields given. */
export function anEntry(
  told: Partial<Pick<IssueEvent, "transition" | "source" | "actor" | "occurredAt">> = {},
  after: Issue = anIssue(),
): LogEntry {
  const event: LoggedEvent = {
    place: new Uint8Array([1]),
    delivery: 1,
    role: "report",
    source: "REPORTED",
    action: "RESOLVED",
    actionRaw: "resolved",
    actor: null,
    assignee: null,
    transition: {
      from: { status: "unresolved", substatus: "ongoing" },
      to: { status: "resolved", substatus: null },
      kind: "RESOLVED",
    },
    occurredAt: Date.UTC(2026, 0, 2),
    occurredAfter: null,
    seq: 1,
    issueId: after.sentryId,
    id: "1.report",
    isLate: false,
    supersedes: null,
    supersededBy: null,
    receivedAt: Date.UTC(2026, 0, 2),
    committedAt: Date.UTC(2026, 0, 2),
    resolutionType: null,
    ...told,
  };
  return { event, before: null, after };
}
