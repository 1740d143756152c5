import type { IssueFilter } from "../../domain/filter.ts";
import { issueStatuses } from "../../domain/issue.ts";
import { builder } from "../builder.ts";
import type { Context } from "../context.ts";
import { dependsOnTime } from "../caching/depends-on-time.ts";
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
import { figuresOf, type Figures } from "../reading/figures.ts";
import { filterOf, type InputOf } from "../filters/filter-input.ts";
import { FlowBucketType, IntervalType, roughBuckets } from "./flow.ts";
import { IssueFilterType } from "../filters/issue-filter.ts";
import { costs, usuallyShort } from "../limits/costs.ts";
import { figuresOfNow } from "../live/live-source.ts";
import { permittedChanges } from "../reading/permitted.ts";
import { lastThirtyDays, periodOf, PeriodType, type PeriodInput } from "./period.ts";

const ranked = "Only values that occur. Largest count first; equal counts by name, null last among them.";
const rankedById = "Largest count first; equal counts by Sentry's id";
const groupsArg = {
  defaultValue: defaultGroups,
  description: "The most groups to return: 0 to 100, BAD_USER_INPUT otherwise.",
};

const IssueStatsType = builder.objectRef<Figures>("IssueStats").implement({
  description:
    "Statistics of the issues that match the filter now, whatever they were before. `total` and the " +
    "fields that begin with `by` count those issues as they are now; all others count what happened to " +
    "them in the period, according to their history as known now. Each is computed only if it is " +
    "selected.",
  // Each is a statement of its own about all that match.
  extensions: costs({ extra: 100, filtersAgain: true }),
  fields: (t) => ({
    total: t.int({
      description: "How many issues match.",
      resolve: async ({ facets }) => (await facets("total")).total,
    }),
    byStatus: t.field({
      extensions: usuallyShort,
      type: [StatusCountType],
      description: `The issues by status. ${ranked}`,
      resolve: async ({ facets }) => (await facets("status")).status ?? [],
    }),
    bySubstatus: t.field({
      extensions: usuallyShort,
      type: [SubstatusCountType],
      description: `The issues by substatus. ${ranked}`,
      resolve: async ({ facets }) => (await facets("substatus")).substatus ?? [],
    }),
    byLevel: t.field({
      extensions: usuallyShort,
      type: [KeyCountType],
      description: `The issues by level, a value of IssueLevel; those without one are UNKNOWN. ${ranked}`,
      resolve: async ({ facets }) => (await facets("level")).level ?? [],
    }),
    byPriority: t.field({
      extensions: usuallyShort,
      type: [KeyCountType],
      description:
        "The issues by priority, a value of IssuePriority; null for none and for one that this version does not know. " +
        ranked,
      resolve: async ({ facets }) => (await facets("priority")).priority ?? [],
    }),
    byCategory: t.field({
      extensions: usuallyShort,
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
      description: `The issues by assignee. ${rankedById}. Unassigned issues are a group too, last among equal counts.`,
      args: { first: t.arg.int(groupsArg) },
      resolve: async ({ assignees }, { first }) => {
        const groups = groupsIn(first);
        return (await assignees()).slice(0, groups);
      },
    }),
    flow: t.field({
      extensions: costs({
        length: ({ periodMs, argument }) => roughBuckets(periodMs, argument("interval") ?? "DAY"),
      }),
      type: [FlowBucketType],
      description:
        "The period in buckets, oldest first, without gaps, including empty ones: at most 1,000. Their boundaries are " +
        "full hours, midnights or Mondays in the time zone; the first bucket starts with the period and the last one " +
        "ends with it, so together they count exactly what occurred in it. BAD_USER_INPUT for more buckets, and for an " +
        "unknown time zone.",
      args: {
        interval: t.arg({
          type: IntervalType,
          required: true,
          defaultValue: "DAY",
          description: "The length of a bucket.",
        }),
        timeZone: t.arg.string({
          required: true,
          defaultValue: "UTC",
          description: "The IANA time zone of the boundaries, like `Europe/Berlin`.",
        }),
      },
      resolve: ({ flow }, { interval, timeZone }) => flow(interval, timeZone),
    }),
    timeToResolve: t.field({
      type: DurationStatsType,
      description:
        "From each transition to UNRESOLVED of kind OPENED, DISCOVERED, REGRESSED or REOPENED until the " +
        "issue's next transition of kind RESOLVED. Counted if that one occurred in the period.",
      resolve: ({ timeToResolve }) => timeToResolve(),
    }),
    timeToTriage: t.field({
      type: DurationStatsType,
      description:
        "From an issue's first event, if that is a transition to UNRESOLVED of kind OPENED or DISCOVERED, " +
        "until the first later event that is an assignment (action ASSIGNED) or a transition to RESOLVED or " +
        "IGNORED. Counted if that one occurred in the period; once per issue. An issue that was first heard of " +
        "by its assignment is not counted: it was triaged before.",
      resolve: ({ timeToTriage }) => timeToTriage(),
    }),
    timeInStatus: t.field({
      extensions: usuallyShort,
      type: [StatusDurationType],
      description:
        "How long issues stayed in each status: every stay that ended in the period, from the transition to " +
        "the status until the next one to another status. A change of substatus does not end a stay. All " +
        "four statuses are listed, even without a stay.",
      resolve: async ({ timeInStatus }) => {
        const figures = await timeInStatus();
        return issueStatuses.map((status) => ({ status, seconds: figures[status] }));
      },
    }),
    reopenRate: t.float({
      nullable: true,
      description:
        "The share (0 to 1) of the RESOLVED transitions in the period after which the issue's next " +
        "transition to another status, whenever it occurred, was REGRESSED or REOPENED. Null if there were " +
        "no RESOLVED ones.",
      resolve: ({ reopenRate }) => reopenRate(),
    }),
    inferredShare: t.float({
      nullable: true,
      description:
        "The share (0 to 1) of the transitions in the period that are INFERRED: no webhook reported them, " +
        "and they count at the latest time at which they can have happened. Null if there were no " +
        "transitions.",
      resolve: ({ inferredShare }) => inferredShare(),
    }),
  }),
});

const statsArgs = builder.args((t) => ({
  filter: t.field({ type: IssueFilterType, description: "Only those that match this; by default all." }),
  period: t.field({
    type: PeriodType,
    required: true,
    defaultValue: lastThirtyDays,
    description: "The time range to count in; by default the last 30 days.",
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
      "The statistics now, and again whenever an entry of the log has changed them: at most once a second, " +
      "and then only the newest. Nothing is sent for what changes only because time passes.",
    args: statsArgs,
    subscribe: (_root, { filter, period }, context) => {
      // An invalid period is refused before anything begins.
      periodOf(period, context.now);
      const changeOf = permittedChanges(filterOf<IssueFilter>(filter), context.viewer);
      return figuresOfNow(context, (entry) => changeOf(entry) !== null);
    },
    resolve: (_root, args, context) => statsOf(args, context),
  }),
);
