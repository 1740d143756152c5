/**
 * An issue as Sentry shows it, and this schema's enums for what Sentry sends.
 *
 * Sentry has extended each of its closed sets before. So the text as sent is kept and compared. The enum value is
 * computed from it: OTHER, UNKNOWN or null for text that this version does not know.
 */

/** JSON as `JSON.parse` gives it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

export const issueStatuses = ["UNRESOLVED", "RESOLVED", "IGNORED", "OTHER"] as const;
export type IssueStatus = (typeof issueStatuses)[number];

export const issueSubstatuses = [
  "NEW",
  "ONGOING",
  "ESCALATING",
  "REGRESSED",
  "ARCHIVED_UNTIL_ESCALATING",
  "ARCHIVED_UNTIL_CONDITION_MET",
  "ARCHIVED_FOREVER",
  "OTHER",
] as const;
export type IssueSubstatus = (typeof issueSubstatuses)[number];

export const issueLevels = ["SAMPLE", "DEBUG", "INFO", "WARNING", "ERROR", "FATAL", "UNKNOWN"] as const;
export type IssueLevel = (typeof issueLevels)[number];

/** Least first: the order of `IssueOrderField.PRIORITY`. */
export const issuePriorities = ["LOW", "MEDIUM", "HIGH"] as const;
export type IssuePriority = (typeof issuePriorities)[number];

export const actorTypes = ["USER", "APPLICATION", "SENTRY", "OTHER"] as const;
export type ActorType = (typeof actorTypes)[number];

/** Which status each substatus belongs to, in Sentry's spelling (getsentry/sentry: types/group.py). */
const statusOfSubstatus: ReadonlyMap<string, string> = new Map([
  ["new", "unresolved"],
  ["ongoing", "unresolved"],
  ["escalating", "unresolved"],
  ["regressed", "unresolved"],
  ["archived_until_escalating", "ignored"],
  ["archived_until_condition_met", "ignored"],
  ["archived_forever", "ignored"],
]);

/** The enum's value for a status as Sentry sent it; OTHER for an unknown one. */
export function issueStatusOf(raw: string): IssueStatus {
  return knownIn(issueStatuses, raw) ?? "OTHER";
}

/** The enum's value for a substatus as Sentry sent it; OTHER for an unknown one, null for null. */
export function issueSubstatusOf(raw: string | null): IssueSubstatus | null {
  return raw === null ? null : (knownIn(issueSubstatuses, raw) ?? "OTHER");
}

/** The enum's value for a level as Sentry sent it; UNKNOWN for an unknown one and for null. */
export function issueLevelOf(raw: string | null): IssueLevel {
  return (raw === null ? null : knownIn(issueLevels, raw)) ?? "UNKNOWN";
}

/** The enum's value for a priority as Sentry sent it; null for an unknown one and for null. */
export function issuePriorityOf(raw: string | null): IssuePriority | null {
  return raw === null ? null : knownIn(issuePriorities, raw);
}

/** The rank of a priority as Sentry sent it, from 1 for LOW; null for an unknown one and for null. */
export function priorityRankOf(raw: string | null): number | null {
  const priority = issuePriorityOf(raw);
  return priority === null ? null : issuePriorities.indexOf(priority) + 1;
}

function knownIn<Value extends string>(values: readonly Value[], raw: string): Value | null {
  // Sentry's spelling is lower case.
  return values.find((value) => value.toLowerCase() === raw) ?? null;
}

/** Status and substatus in Sentry's spelling. A null substatus is unknown, and agrees with every other. */
export type State = { readonly status: string; readonly substatus: string | null };

/** The state that a snapshot shows. A substatus that belongs to another status counts as unknown. */
export function stateOf(status: string, substatus: string | null): State {
  const owner = substatus === null ? undefined : statusOfSubstatus.get(substatus);
  return { status, substatus: owner !== undefined && owner !== status ? null : substatus };
}

/** True when the two can be the same state: equal status, and substatus equal or unknown in one of them. */
export function agree(a: State, b: State): boolean {
  return (
    a.status === b.status && (a.substatus === null || b.substatus === null || a.substatus === b.substatus)
  );
}

/** A user or a team that an issue is assigned to. A team has no e-mail. */
export type Assignee = {
  readonly type: "USER" | "TEAM";
  readonly sentryId: string;
  readonly name: string;
  readonly email: string | null;
};

export type Actor = { readonly type: ActorType; readonly sentryId: string; readonly name: string };

export type Project = {
  readonly sentryId: string;
  readonly slug: string;
  readonly name: string;
  readonly platform: string | null;
};

export type Annotation = { readonly displayName: string | null; readonly url: string | null };

/**
 * The fields of one delivery's issue that a filter or an order can name, and `statusDetails`.
 *
 * Text is free of NUL and lone surrogates (they are U+FFFD), numbers are safe integers ≥ 0 (saturated), and times are
 * epoch milliseconds. Null is a field that Sentry did not send.
 */
export type IssueFields = {
  readonly shortId: string | null;
  readonly title: string;
  readonly culprit: string | null;
  readonly statusRaw: string;
  readonly substatusRaw: string | null;
  readonly statusDetails: JsonObject;
  readonly levelRaw: string | null;
  readonly priorityRaw: string | null;
  readonly category: string | null;
  readonly issueType: string | null;
  readonly platform: string | null;
  readonly project: Project | null;
  readonly assignee: Assignee | null;
  readonly isUnhandled: boolean | null;
  readonly count: number;
  readonly userCount: number;
  readonly firstSeen: number | null;
  readonly lastSeen: number | null;
};

/** All other fields of one delivery's issue. Text, numbers and times as in `IssueFields`; URLs are http or https. */
export type IssueDetails = {
  readonly type: string | null;
  readonly logger: string | null;
  readonly organization: string | null;
  readonly metadata: JsonObject;
  readonly annotations: readonly Annotation[];
  readonly numComments: number;
  readonly isPublic: boolean;
  readonly shareId: string | null;
  readonly priorityLockedAt: number | null;
  readonly seerFixabilityScore: number | null;
  readonly seerAutofixLastTriggered: number | null;
  readonly webUrl: string | null;
  readonly apiUrl: string | null;
  readonly projectUrl: string | null;
  readonly permalink: string | null;
};

/** The details of an issue if none can be shown: its body is pruned, or the issue is gone. */
export const unknownDetails: IssueDetails = {
  type: null,
  logger: null,
  organization: null,
  metadata: {},
  annotations: [],
  numComments: 0,
  isPublic: false,
  shareId: null,
  priorityLockedAt: null,
  seerFixabilityScore: null,
  seerAutofixLastTriggered: null,
  webUrl: null,
  apiUrl: null,
  projectUrl: null,
  permalink: null,
};

/** Parses details that `Snapshot` has as JSON. */
export function detailsIn(text: Snapshot["written"]["details"]): IssueDetails {
  // Intake wrote the text, so it has this type.
  return { ...unknownDetails, ...(JSON.parse(text) as Partial<IssueDetails>) };
}

/** The issue object of one delivery, read. */
export type Snapshot = {
  readonly sentryId: string;
  readonly fields: IssueFields;
  /**
   * `IssueFields` and `IssueDetails` as JSON, serialised once to be passed on and stored. The details have only what
   * differs from `unknownDetails`.
   */
  readonly written: { readonly fields: string; readonly details: string };
};

/** An issue as the gateway knows it, now or just after an entry of the log. */
export type Issue = {
  readonly sentryId: string;
  /** As of the newest event in history order. */
  readonly state: State;
  /** Epoch milliseconds at which the state began, as far as can be known. */
  readonly statusSince: number;
  /** What the newest delivery in history order shows. */
  readonly fields: IssueFields;
  /** That delivery's id. */
  readonly shown: number;
};
