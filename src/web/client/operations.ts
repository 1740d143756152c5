import type { Operation } from "./ask.ts";

/* Every operation that the page sends, with the shape of what it gets. A test validates them against the schema. */

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

/** What is selected of every `Assignee`. */
const whom = /* GraphQL */ `{
  __typename
  ... on User {
    sentryId
    name
  }
  ... on Team {
    sentryId
    name
  }
}`;

/** What is selected of every `IssueState`. */
const state = /* GraphQL */ `{
  status
  statusRaw
  substatus
  substatusRaw
}`;

/** An issue as a row of a list. */
export type ListedIssue = IssueState & {
  readonly id: string;
  readonly sentryId: string;
  readonly shortId: string | null;
  readonly title: string;
  readonly culprit: string | null;
  readonly statusSince: string;
  readonly level: IssueLevel;
  readonly priority: IssuePriority | null;
  readonly count: number;
  readonly userCount: number;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly assignee: Assignee | null;
};

const listed = /* GraphQL */ `
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
    priority
    count
    userCount
    firstSeen
    lastSeen
    assignee ${whom}
  }
`;

/** Input objects, which the gateway checks. */
export type IssueFilter = Readonly<Record<string, unknown>>;
export type IssueOrderField =
  "LAST_SEEN" | "FIRST_SEEN" | "STATUS_SINCE" | "COUNT" | "USER_COUNT" | "PRIORITY";
export type IssueOrder = { readonly field: IssueOrderField; readonly direction: "ASC" | "DESC" };

export type IssuePage = {
  readonly feed: { readonly cursor: string };
  readonly issues: {
    readonly totalCount: number;
    readonly edges: readonly { readonly cursor: string; readonly node: ListedIssue }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly hasPreviousPage: boolean };
  };
};

/** A page of issues, and the position of the log that it shows. */
export const issuePage: Operation<
  IssuePage,
  {
    readonly filter: IssueFilter;
    readonly orderBy: IssueOrder;
    readonly first?: number;
    readonly after?: string;
    readonly last?: number;
    readonly before?: string;
  }
> = {
  text: /* GraphQL */ `
    query IssuePage(
      $filter: IssueFilter
      $orderBy: IssueOrder
      $first: Int
      $after: String
      $last: Int
      $before: String
    ) {
      feed {
        cursor
      }
      issues(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        totalCount
        edges {
          cursor
          node {
            ...Listed
          }
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
        }
      }
    }
    ${listed}
  `,
};

export type IssueChange = {
  readonly cursor: string;
  readonly kind: "ENTERED" | "UPDATED" | "LEFT";
  readonly issue: ListedIssue;
};

export const issueChanged: Operation<
  { readonly issueChanged: IssueChange },
  { readonly filter: IssueFilter; readonly after?: string | null }
> = {
  text: /* GraphQL */ `
    subscription IssueChanged($filter: IssueFilter, $after: Cursor) {
      issueChanged(filter: $filter, after: $after) {
        cursor
        kind
        issue {
          ...Listed
        }
      }
    }
    ${listed}
  `,
};

/** The projects that there are to filter by, a page of them. */
export const projectChoices: Operation<
  {
    readonly projects: {
      readonly nodes: readonly Project[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    };
  },
  { readonly after: string | null }
> = {
  text: /* GraphQL */ `
    query ProjectChoices($after: String) {
      projects(first: 100, after: $after) {
        nodes {
          sentryId
          slug
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `,
};

/** The project that has a slug; where none has it any more, those of an issue that still shows it. */
export const projectOfSlug: Operation<
  {
    readonly project: Pick<Project, "sentryId"> | null;
    readonly issues: {
      readonly nodes: readonly { readonly project: Pick<Project, "sentryId"> | null }[];
    };
  },
  { readonly slug: string }
> = {
  text: /* GraphQL */ `
    query ProjectOfSlug($slug: String!) {
      project(slug: $slug) {
        sentryId
      }
      issues(first: 1, filter: { project: { slug: { eq: $slug } } }) {
        nodes {
          project {
            sentryId
          }
        }
      }
    }
  `,
};

/** Whom there is to filter by. */
export const assigneeChoices: Operation<
  { readonly issueStats: { readonly byAssignee: readonly { readonly assignee: Assignee | null }[] } },
  object
> = {
  text: /* GraphQL */ `
    query AssigneeChoices {
      issueStats {
        byAssignee(first: 50) {
          assignee ${whom}
        }
      }
    }
  `,
};

/** An issue of an assignee, who is named there. */
export const assigneeNamed: Operation<
  { readonly issues: { readonly nodes: readonly { readonly assignee: Assignee | null }[] } },
  { readonly assignee: IssueFilter }
> = {
  text: /* GraphQL */ `
    query AssigneeNamed($assignee: AssigneeFilter!) {
      issues(first: 1, filter: { assignee: $assignee }) {
        nodes {
          assignee ${whom}
        }
      }
    }
  `,
};

export type StatusDetails = {
  readonly inRelease: string | null;
  readonly inNextRelease: boolean | null;
  readonly inCommit: { readonly id: string; readonly repository: string | null } | null;
  readonly ignoreCount: number | null;
  readonly ignoreWindow: number | null;
  readonly ignoreUserCount: number | null;
  readonly ignoreUserWindow: number | null;
  readonly ignoreUntil: string | null;
  readonly autoResolved: boolean | null;
};

export type Transition = {
  readonly kind: string;
  readonly from: IssueState | null;
  readonly to: IssueState;
  readonly secondsInPreviousState: number | null;
  readonly statusDetails: StatusDetails;
};

export type IssueEvent = {
  readonly id: string;
  readonly action: string;
  readonly actionRaw: string | null;
  readonly source: "REPORTED" | "INFERRED";
  readonly actor: Actor | null;
  readonly occurredAt: string;
  readonly occurredAfter: string | null;
  readonly receivedAt: string;
  readonly isLate: boolean;
  readonly resolutionType: string | null;
  readonly assignee: Assignee | null;
  readonly transition: Transition | null;
};

export type Span = {
  readonly state: IssueState;
  readonly startedAt: string;
  readonly endedAt: string | null;
};

export type IssueDetail = ListedIssue & {
  readonly project: { readonly name: string } | null;
  readonly levelRaw: string | null;
  readonly priorityRaw: string | null;
  readonly category: string | null;
  readonly platform: string | null;
  readonly isUnhandled: boolean | null;
  readonly organization: string | null;
  readonly webUrl: string | null;
  readonly events: {
    readonly totalCount: number;
    readonly nodes: readonly IssueEvent[];
    readonly pageInfo: { readonly hasPreviousPage: boolean; readonly startCursor: string | null };
  };
};

const event = /* GraphQL */ `
  fragment Told on IssueEvent {
    id
    action
    actionRaw
    source
    occurredAt
    occurredAfter
    receivedAt
    isLate
    resolutionType
    actor {
      type
      name
    }
    assignee ${whom}
    transition {
      kind
      secondsInPreviousState
      from ${state}
      to ${state}
      statusDetails {
        inRelease
        inNextRelease
        inCommit {
          id
          repository
        }
        ignoreCount
        ignoreWindow
        ignoreUserCount
        ignoreUserWindow
        ignoreUntil
        autoResolved
      }
    }
  }
`;

/** Whether there is any issue; and what only those see who would see each. */
export const anyIssue: Operation<
  {
    readonly feed: { readonly refusedSinceStart: number | null };
    readonly issues: { readonly nodes: readonly { readonly id: string }[] };
  },
  object
> = {
  text: /* GraphQL */ `
    query AnyIssue {
      feed {
        refusedSinceStart
      }
      issues(first: 1) {
        nodes {
          id
        }
      }
    }
  `,
};

/** Nothing but whether the gateway answers who asks. */
export const isAnswered: Operation<{ readonly __typename: string }, object> = {
  text: /* GraphQL */ `
    query IsAnswered {
      __typename
    }
  `,
};

/** One issue with its history, newest `last` events of it, and the position of the log that it shows. */
export const issueDetail: Operation<
  { readonly feed: { readonly cursor: string }; readonly issue: IssueDetail | null },
  { readonly sentryId: string; readonly last: number }
> = {
  text: /* GraphQL */ `
    query IssueDetail($sentryId: String!, $last: Int!) {
      feed {
        cursor
      }
      issue(sentryId: $sentryId) {
        ...Listed
        project {
          name
        }
        levelRaw
        priorityRaw
        category
        platform
        isUnhandled
        organization
        webUrl
        events(last: $last) {
          totalCount
          nodes {
            ...Told
          }
          pageInfo {
            hasPreviousPage
            startCursor
          }
        }
      }
    }
    ${listed}
    ${event}
  `,
};

/** Every state that an issue was in; asked for by itself, as the gateway does not tell any number of them at once. */
export const issueSpans: Operation<
  { readonly issue: { readonly statusSpans: readonly Span[] } | null },
  { readonly sentryId: string }
> = {
  text: /* GraphQL */ `
    query IssueSpans($sentryId: String!) {
      issue(sentryId: $sentryId) {
        statusSpans {
          state ${state}
          startedAt
          endedAt
        }
      }
    }
  `,
};

/** The part of an issue's history before a place in it. */
export const earlierEvents: Operation<
  { readonly issue: { readonly events: Omit<IssueDetail["events"], "totalCount"> } | null },
  { readonly sentryId: string; readonly last: number; readonly before: string }
> = {
  text: /* GraphQL */ `
    query EarlierEvents($sentryId: String!, $last: Int!, $before: String!) {
      issue(sentryId: $sentryId) {
        events(last: $last, before: $before) {
          nodes {
            ...Told
          }
          pageInfo {
            hasPreviousPage
            startCursor
          }
        }
      }
    }
    ${event}
  `,
};

/** What Sentry sent of an issue; asked for by itself, as not everyone may see it. */
export const issueRaw: Operation<
  { readonly issue: { readonly raw: unknown } | null },
  { readonly sentryId: string }
> = {
  text: /* GraphQL */ `
    query IssueRaw($sentryId: String!) {
      issue(sentryId: $sentryId) {
        raw
      }
    }
  `,
};

export type DurationStats = {
  readonly n: number;
  readonly p50Seconds: number | null;
  readonly p90Seconds: number | null;
  readonly p99Seconds: number | null;
};

/** What is selected of every `DurationStats`. */
const durations = /* GraphQL */ `{
  n
  p50Seconds
  p90Seconds
  p99Seconds
}`;

export type FlowBucket = {
  readonly start: string;
  readonly opened: number;
  readonly resolved: number;
  readonly archived: number;
  readonly regressed: number;
  readonly openAtEnd: number;
};

export type Statistics = {
  readonly total: number;
  readonly byStatus: readonly { readonly status: IssueStatus; readonly count: number }[];
  readonly byLevel: readonly { readonly key: string | null; readonly count: number }[];
  readonly byProject: readonly {
    readonly project: Project;
    readonly count: number;
  }[];
  readonly byAssignee: readonly { readonly assignee: Assignee | null; readonly count: number }[];
  readonly flow: readonly FlowBucket[];
  readonly timeToResolve: DurationStats;
  readonly timeToTriage: DurationStats;
  readonly timeInStatus: readonly { readonly status: IssueStatus; readonly seconds: DurationStats }[];
  readonly reopenRate: number | null;
  readonly inferredShare: number | null;
};

export type Interval = "HOUR" | "DAY" | "WEEK";

export type StatisticsVariables = {
  readonly filter: IssueFilter;
  readonly period: { readonly from: string };
  readonly interval: Interval;
  readonly timeZone: string;
};

const statisticsFields = /* GraphQL */ `
  fragment Figures on IssueStats {
    total
    byStatus {
      status
      count
    }
    byLevel {
      key
      count
    }
    byProject(first: 8) {
      project {
        sentryId
        slug
      }
      count
    }
    byAssignee(first: 8) {
      assignee ${whom}
      count
    }
    flow(interval: $interval, timeZone: $timeZone) {
      start
      opened
      resolved
      archived
      regressed
      openAtEnd
    }
    timeToResolve ${durations}
    timeToTriage ${durations}
    timeInStatus {
      status
      seconds ${durations}
    }
    reopenRate
    inferredShare
  }
`;

/** The statistics now. */
export const statisticsNow: Operation<{ readonly issueStats: Statistics }, StatisticsVariables> = {
  text: /* GraphQL */ `
    query StatisticsNow($filter: IssueFilter, $period: Period!, $interval: Interval!, $timeZone: String!) {
      issueStats(filter: $filter, period: $period) {
        ...Figures
      }
    }
    ${statisticsFields}
  `,
};

/** The statistics now, and again whenever they change. */
export const statisticsChanged: Operation<{ readonly issueStatsChanged: Statistics }, StatisticsVariables> = {
  text: /* GraphQL */ `
    subscription StatisticsChanged(
      $filter: IssueFilter
      $period: Period!
      $interval: Interval!
      $timeZone: String!
    ) {
      issueStatsChanged(filter: $filter, period: $period) {
        ...Figures
      }
    }
    ${statisticsFields}
  `,
};

export type Feed = {
  readonly cursor: string;
  readonly epoch: string;
  readonly lastDeliveryAt: string | null;
  readonly silentForSeconds: number | null;
  readonly isSilent: boolean | null;
  readonly refusedSinceStart: number | null;
  readonly last24Hours: {
    readonly applied: number;
    readonly unchanged: number;
    readonly duplicate: number;
    readonly ignored: number;
    readonly quarantined: number;
  } | null;
};

export const feedHealth: Operation<{ readonly feed: Feed }, object> = {
  text: /* GraphQL */ `
    query FeedHealth {
      feed {
        cursor
        epoch
        lastDeliveryAt
        silentForSeconds
        isSilent
        refusedSinceStart
        last24Hours {
          applied
          unchanged
          duplicate
          ignored
          quarantined
        }
      }
    }
  `,
};

export type Delivery = {
  readonly id: string;
  readonly receivedAt: string;
  readonly resource: string | null;
  readonly action: string | null;
  readonly outcome: "APPLIED" | "UNCHANGED" | "DUPLICATE" | "IGNORED" | "QUARANTINED";
  readonly reason: string | null;
  readonly bytes: number;
};

/** The newest deliveries; asked for by themselves, as only an admin may see them. */
export const newestDeliveries: Operation<
  { readonly deliveries: { readonly nodes: readonly Delivery[] } },
  object
> = {
  text: /* GraphQL */ `
    query NewestDeliveries {
      deliveries(first: 25) {
        nodes {
          id
          receivedAt
          resource
          action
          outcome
          reason
          bytes
        }
      }
    }
  `,
};
