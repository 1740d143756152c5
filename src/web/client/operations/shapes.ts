/* What several operations take or return, with the selections for it. */

export type IssueStatus = "UNRESOLVED" | "RESOLVED" | "IGNORED" | "OTHER";
export type IssueLevel = "SAMPLE" | "DEBUG" | "INFO" | "WARNING" | "ERROR" | "FATAL" | "UNKNOWN";
export type IssuePriority = "LOW" | "MEDIUM" | "HIGH";
export type Assignee = {
  readonly __typename: "User" | "Team";
  readonly sentryId: string;
  readonly name: string;
};
export type Project = {
  readonly sentryId: string;
  readonly slug: string;
};
export type Actor = {
  readonly type: "USER" | "APPLICATION" | "SENTRY" | "OTHER";
  readonly name: string;
};
export type IssueState = {
  readonly status: IssueStatus;
  readonly statusRaw: string;
  readonly substatus: string | null;
  readonly substatusRaw: string | null;
};

/** The selection for every `Assignee`. */
export const whom = /* GraphQL */ `
  {
    __typename
    ... on User {
      sentryId
      name
    }
    ... on Team {
      sentryId
      name
    }
  }
`;

/** The selection for every `IssueState`. */
export const state = /* GraphQL */ `
  {
    status
    statusRaw
    substatus
    substatusRaw
  }
`;

/** An issue as a row of a list. */
export type ListedIssue = IssueState & {
  readonly id: string;
  readonly sentryId: string;
  readonly shortId: string | null;
  readonly title: string;
  readonly culprit: string | null;
  readonly statusSince: string;
  readonly level: IssueLevel;
  readonly levelRaw: string | null;
  readonly priority: IssuePriority | null;
  readonly count: number;
  readonly userCount: number;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly assignee: Assignee | null;
};

/** The selection for every `ListedIssue`. */
export const listed = /* GraphQL */ `
  fragment Listed on Issue {
    id
    sentryId
    shortId
    title
    culprit
    status
    statusRaw
    substatus
    substatusRaw
    statusSince
    level
    levelRaw
    priority
    count
    userCount
    firstSeen
    lastSeen
    assignee ${whom}
  }
`;

/** An input object, which the gateway checks. */
export type IssueFilter = Readonly<Record<string, unknown>>;
