import type { Operation } from "../ask.ts";
import {
  listed,
  state,
  whom,
  type Actor,
  type Assignee,
  type IssueState,
  type ListedIssue,
} from "./shapes.ts";

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

/** One issue with the newest `last` events of its history, and the position of the log that it shows. */
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

/** The issue that has a short id. */
export const issueOfShortId: Operation<
  { readonly issue: { readonly sentryId: string } | null },
  { readonly shortId: string }
> = {
  text: /* GraphQL */ `
    query IssueOfShortId($shortId: String!) {
      issue(shortId: $shortId) {
        sentryId
      }
    }
  `,
};

/** Every state that an issue was in. A query of its own, because the gateway refuses it if there are too many. */
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

/** The part of an issue's history before a cursor. */
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

/** What Sentry sent of an issue. A query of its own, because not everyone may see it. */
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
