import type { IssueFilter } from "../domain/filter.ts";
import { issueStatuses } from "../domain/issue.ts";
import { builder } from "./builder.ts";
import type { Context } from "./context.ts";
import { dependsOnTime } from "./depends-on-time.ts";
import { DurationStatsType, StatusDurationType } from "./duration-stats.ts";
import {
  AssigneeCountType,
  defaultGroups,
  groupsIn,
  KeyCountType,
  ProjectCountType,
  StatusCountType,
  SubstatusCountType,
} from "./facet-counts.ts";
import { figuresOf, type Figures } from "./figures.ts";
import { filterOf, type InputOf } from "./filter-input.ts";
import { FlowBucketType, IntervalType } from "./flow.ts";
import { IssueFilterType } from "./issue-filter.ts";
import { figuresOfNow } from "./live-source.ts";
import { permittedChanges } from "./permitted.ts";
import { lastThirtyDays, periodOf, PeriodType, type PeriodInput } from "./period.ts";

const ranked = "Only what occurs, largest first; of equal ones by name, null last.";
const rankedById = "Largest first; of equal ones by Sentry's id";
const groupsArg = { defaultValue: defaultGroups, description: "So many of them at most: 0 to 100." };

const IssueStatsType = builder.objectRef<Figures>("IssueStats").implement({
  description:
    "Figures about the issues that match the filter now, whatever they were before. `total` and what begins with `by` " +
    "count those issues as they are now; all else counts what happened to them in the period, in the history as it is " +
    "known now. Each figure is computed only when it is selected.",
  fields: (t) => ({
    total: t.int({
      description: "How many issues match.",
      resolve: async ({ facets }) => (await facets("total")).total,
    }),
    byStatus: t.field({
      type: [StatusCountType],
      description: `The issues by status. ${ranked}`,
      resolve: async ({ facets }) => (await facets("status")).status ?? [],
    }),
    bySubstatus: t.field({
      type: [SubstatusCountType],
      description: `The issues by substatus. ${ranked}`,
      resolve: async ({ facets }) => (await facets("substatus")).substatus ?? [],
    }),
    byLevel: t.field({
      type: [KeyCountType],
      description: `The issues by level, a value of IssueLevel; those without one are UNKNOWN. ${ranked}`,
      resolve: async ({ facets }) => (await facets("level")).level ?? [],
    }),
    byPriority: t.field({
      type: [KeyCountType],
      description:
        "The issues by priority, a value of IssuePriority; null for none and for one that this version does not know. " +
        ranked,
      resolve: async ({ facets }) => (await facets("priority")).priority ?? [],
    }),
    byCategory: t.field({
      type: [KeyCountType],
      description: `The issues by category, as Sentry sent it. ${ranked}`,
      resolve: async ({ facets }) => (await facets("category")).category ?? [],
    }),
    byProject: t.field({
      type: [ProjectCountType],
      description: `The issues by project. ${rankedById}. Issues without a project are left out.`,
      args: { first: t.arg.int(groupsArg) },
      resolve: async ({ projects }, { first }) => {
        const groups = groupsIn(first);
        return (await projects()).slice(0, groups);
      },
    }),
    byAssignee: t.field({
      type: [AssigneeCountType],
      description: `The issues by assignee. ${rankedById}, nobody last. Issues that are assigned to nobody are a group too.`,
      args: { first: t.arg.int(groupsArg) },
      resolve: async ({ assignees }, { first }) => {
        const groups = groupsIn(first);
        return (await assignees()).slice(0, groups);
      },
    }),
    flow: t.field({
      type: [FlowBucketType],
      description:
        "The period in buckets, oldest first, without gaps, empty ones included: at most 1,000. Their boundaries are " +
        "full hours, midnights or Mondays by the clocks of the time zone; the first bucket begins with the period and " +
        "the last one ends with it, so that all of them together count exactly what occurred in the period. " +
        "BAD_USER_INPUT for more of them, and for a time zone that is not known.",
      args: {
        interval: t.arg({
          type: IntervalType,
          required: true,
          defaultValue: "DAY",
          description: "How long a bucket is.",
        }),
        timeZone: t.arg.string({
          required: true,
          defaultValue: "UTC",
          description: "The IANA time zone whose clocks decide, like `Europe/Berlin`.",
        }),
      },
      resolve: ({ flow }, { interval, timeZone }) => flow(interval, timeZone),
    }),
    timeToResolve: t.field({
      type: DurationStatsType,
      description:
        "From each transition of kind OPENED, DISCOVERED, REGRESSED or REOPENED to UNRESOLVED, to the issue's next " +
        "transition of kind RESOLVED. Counted when that resolve occurred in the period.",
      resolve: ({ timeToResolve }) => timeToResolve(),
    }),
    timeToTriage: t.field({
      type: DurationStatsType,
      description:
        "From an issue's first event, where that is of kind OPENED or DISCOVERED to UNRESOLVED, to the first later event " +
        "that is an assignment (action ASSIGNED) or a transition to RESOLVED or IGNORED. Counted when that one occurred " +
        "in the period; once for each issue.",
      resolve: ({ timeToTriage }) => timeToTriage(),
    }),
    timeInStatus: t.field({
      type: [StatusDurationType],
      description:
        "How long issues stayed in each status, of the stays that ended in the period: from the transition to the status " +
        "to the next one to another status. A change of substatus ends no stay. All four statuses, also those without a " +
        "stay.",
      resolve: async ({ timeInStatus }) => {
        const figures = await timeInStatus();
        return issueStatuses.map((status) => ({ status, seconds: figures[status] }));
      },
    }),
    reopenRate: t.float({
      nullable: true,
      description:
        "Of the transitions of kind RESOLVED in the period, the share (0 to 1) after which the issue's next transition " +
        "to another status, whenever it occurred, was REGRESSED or REOPENED. Null when there were none.",
      resolve: ({ reopenRate }) => reopenRate(),
    }),
    inferredShare: t.float({
      nullable: true,
      description:
        "Of the transitions in the period, the share (0 to 1) that are INFERRED: no webhook told of them, and they " +
        "count at the latest time that they can have happened. Null when there were none.",
      resolve: ({ inferredShare }) => inferredShare(),
    }),
  }),
});

const statsArgs = builder.args((t) => ({
  filter: t.field({ type: IssueFilterType, description: "Only these; left out, all of them." }),
  period: t.field({
    type: PeriodType,
    required: true,
    defaultValue: lastThirtyDays,
    description: "When that which is counted occurred; left out, the last thirty days.",
  }),
}));

type StatsArgs = {
  readonly filter?: InputOf<IssueFilter> | null | undefined;
  readonly period: PeriodInput;
};

function statsOf({ filter, period }: StatsArgs, context: Context): Figures {
  return figuresOf({ filter: filterOf<IssueFilter>(filter), period: periodOf(period, context.now) }, context);
}

builder.queryField("issueStats", (t) =>
  t.field({
    extensions: dependsOnTime,
    type: IssueStatsType,
    description: "Statistics of the issues that match.",
    args: statsArgs,
    resolve: (_root, args, context) => statsOf(args, context),
  }),
);

builder.subscriptionField("issueStatsChanged", (t) =>
  t.field({
    type: IssueStatsType,
    description:
      "The statistics now, and again whenever an entry of the log has changed them: at most once a second, and the newest " +
      "alone where there were several. What only the passing of time changes sends nothing.",
    args: statsArgs,
    subscribe: (_root, { filter, period }, context) => {
      // A period that cannot be is refused before anything begins.
      periodOf(period, context.now);
      const changeOf = permittedChanges(filterOf<IssueFilter>(filter), context.viewer);
      return figuresOfNow(context, (entry) => changeOf(entry) !== null);
    },
    resolve: (_root, args, context) => statsOf(args, context),
  }),
);
