import type { Operation } from "../ask.ts";
import { whom, type Assignee, type IssueFilter, type IssueStatus, type Project } from "./shapes.ts";

export type DurationStats = {
  readonly n: number;
  readonly p50Seconds: number | null;
  readonly p90Seconds: number | null;
  readonly p99Seconds: number | null;
};

/** The selection for every `DurationStats`. */
const durations = /* GraphQL */ `
  {
    n
    p50Seconds
    p90Seconds
    p99Seconds
  }
`;

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
