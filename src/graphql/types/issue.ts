import {
  issueLevelOf,
  issuePriorityOf,
  issueStatusOf,
  issueSubstatusOf,
  type Issue,
  type IssueDetails,
} from "../../domain/issue.ts";
import type { IssueFilter, TransitionFilter } from "../../domain/filter.ts";
import { nodeId, parseNodeId } from "../../domain/node-id.ts";
import { isTransition } from "../../domain/transition.ts";
import { spansOf } from "../../domain/spans.ts";
import { AnnotationType } from "./annotation.ts";
import { AssigneeType } from "./assignee.ts";
import { builder, NodeType } from "../builder.ts";
import { connect, connectionTypes } from "../paging/connection.ts";
import type { Context } from "../context.ts";
import { errorOf } from "../errors.ts";
import { eventsOf, IssueEventConnectionType } from "./event.ts";
import { IssueActionType } from "./event-enums.ts";
import { filterOf } from "../filters/filter-input.ts";
import { IssueLevelType, IssuePriorityType, IssueStatusType, IssueSubstatusType } from "./issue-enums.ts";
import { IssueFilterType } from "../filters/issue-filter.ts";
import { defaultIssueOrder, issuesBy, IssueOrderType } from "../paging/issue-order.ts";
import { usuallyShort } from "../limits/costs.ts";
import { requirePrivate } from "../reading/permitted.ts";
import { IssueType, ProjectType } from "./refs.ts";
import { StatusDetailsType } from "./status-details.ts";
import { StatusSpanType } from "./status-span.ts";
import { connectTransitions, StatusTransitionConnectionType, transitionsOf } from "./transition.ts";
import { TransitionFilterType } from "../filters/transition-filter.ts";

/** Resolves a field that no filter can name. These are loaded only if one of them is selected. */
function detail<Name extends keyof IssueDetails>(name: Name) {
  return async ({ sentryId }: Issue, _args: unknown, { loaders }: Context): Promise<IssueDetails[Name]> =>
    (await loaders.issueDetails(sentryId))[name];
}

IssueType.implement({
  description:
    "A Sentry issue, as the newest of its deliveries in history order shows it. Its status is that of " +
    "its history, so a late webhook does not bring back an old one.",
  interfaces: [NodeType],
  fields: (t) => ({
    id: t.id({
      description: "The issue's global id.",
      resolve: ({ sentryId }) => nodeId("Issue", sentryId),
    }),
    sentryId: t.exposeString("sentryId", { description: "Sentry's own numeric id, as a string." }),
    shortId: t.string({
      nullable: true,
      description: "The id that people use, like `CHECKOUT-1A2`. It changes when the project's slug does.",
      resolve: ({ fields }) => fields.shortId,
    }),
    title: t.string({ description: "The title.", resolve: ({ fields }) => fields.title }),
    culprit: t.string({
      nullable: true,
      description: "Where it happens: a function, a route, a transaction.",
      resolve: ({ fields }) => fields.culprit,
    }),
    status: t.field({
      type: IssueStatusType,
      description: "The status as of the newest event in history order.",
      resolve: ({ state }) => issueStatusOf(state.status),
    }),
    statusRaw: t.string({
      description: "The status exactly as Sentry sent it.",
      resolve: ({ state }) => state.status,
    }),
    substatus: t.field({
      type: IssueSubstatusType,
      nullable: true,
      description:
        "The substatus as of the newest event in history order; null when there is none, or it is not known.",
      resolve: ({ state }) => issueSubstatusOf(state.substatus),
    }),
    substatusRaw: t.string({
      nullable: true,
      description:
        "The substatus exactly as Sentry sent it, even if it does not fit the status and `substatus` is null.",
      resolve: ({ state, fields }) =>
        fields.statusRaw === state.status ? fields.substatusRaw : state.substatus,
    }),
    statusDetails: t.field({
      type: StatusDetailsType,
      description: "How the status came about and how it will end.",
      resolve: ({ fields }, _args, { services }) => services.statusDetailsOf(fields.statusDetails),
    }),
    statusSince: t.field({
      type: "DateTime",
      description: "When the current status and substatus began, as far as the gateway can tell.",
      resolve: ({ statusSince }) => statusSince,
    }),
    level: t.field({
      type: IssueLevelType,
      description: "The severity that its Sentry events state.",
      resolve: ({ fields }) => issueLevelOf(fields.levelRaw),
    }),
    levelRaw: t.string({
      nullable: true,
      description: "The level exactly as Sentry sent it.",
      resolve: ({ fields }) => fields.levelRaw,
    }),
    priority: t.field({
      type: IssuePriorityType,
      nullable: true,
      description:
        "How urgent it is, as of the last webhook. Also null if this version does not know the value: see " +
        "`priorityRaw`.",
      resolve: ({ fields }) => issuePriorityOf(fields.priorityRaw),
    }),
    priorityRaw: t.string({
      nullable: true,
      description: "The priority exactly as Sentry sent it.",
      resolve: ({ fields }) => fields.priorityRaw,
    }),
    category: t.string({
      nullable: true,
      description: "Sentry's category: error, outage, feedback, … An open set.",
      resolve: ({ fields }) => fields.category,
    }),
    issueType: t.string({
      nullable: true,
      description: "Sentry's type of issue: error, uptime_domain_failure, … An open set.",
      resolve: ({ fields }) => fields.issueType,
    }),
    type: t.string({
      nullable: true,
      description: "The type of its Sentry events: default, error, csp, generic, … An open set.",
      resolve: detail("type"),
    }),
    platform: t.string({
      nullable: true,
      description: "The platform of its Sentry events: python, javascript, … An open set.",
      resolve: ({ fields }) => fields.platform,
    }),
    logger: t.string({
      nullable: true,
      description: "The logger that reported it.",
      resolve: detail("logger"),
    }),
    isUnhandled: t.boolean({
      nullable: true,
      description: "Whether its newest Sentry event is an error that the program did not catch.",
      resolve: ({ fields }) => fields.isUnhandled,
    }),
    count: t.field({
      type: "BigInt",
      description:
        "How many Sentry events it has had, as of the last webhook. Sentry sends no webhook when more happen.",
      resolve: ({ fields }) => fields.count,
    }),
    userCount: t.field({
      type: "BigInt",
      description: "How many users it has affected, as of the last webhook.",
      resolve: ({ fields }) => fields.userCount,
    }),
    firstSeen: t.field({
      type: "DateTime",
      nullable: true,
      description: "When its first Sentry event happened.",
      resolve: ({ fields }) => fields.firstSeen,
    }),
    lastSeen: t.field({
      type: "DateTime",
      nullable: true,
      description:
        "When its newest Sentry event happened, as of the last webhook. Sentry sends no webhook when more happen.",
      resolve: ({ fields }) => fields.lastSeen,
    }),
    project: t.field({
      type: ProjectType,
      nullable: true,
      description:
        "Its project, as `Query.project` shows it; in a subscription, as it was at that entry of the log. Null if no " +
        "delivery has named one; then only viewers of all projects see the issue.",
      resolve: ({ fields }, _args, { loaders }) => fields.project && loaders.shownProject(fields.project),
    }),
    organization: t.string({
      nullable: true,
      description: "The organisation's slug, from the issue's links.",
      resolve: detail("organization"),
    }),
    assignee: t.field({
      type: AssigneeType,
      nullable: true,
      description: "Who it is assigned to; null for nobody.",
      resolve: ({ fields }) => fields.assignee,
    }),
    metadata: t.field({
      type: "JSON",
      description:
        "An object that depends on the type of the Sentry event: type and value of an exception, a message, " +
        "… An open set. FORBIDDEN for an anonymous reader.",
      resolve: async (issue, args, context) => {
        requirePrivate("`metadata`", context);
        return context.answerSize.weighed(await detail("metadata")(issue, args, context));
      },
    }),
    annotations: t.field({
      extensions: usuallyShort,
      type: [AnnotationType],
      description: "Its links to things outside Sentry, in Sentry's order.",
      resolve: detail("annotations"),
    }),
    numComments: t.int({
      description: "How many comments people have made; at most 2147483647.",
      resolve: detail("numComments"),
    }),
    isPublic: t.boolean({
      description: "Whether it is shared by a public link.",
      resolve: detail("isPublic"),
    }),
    shareId: t.string({
      nullable: true,
      description: "The id in its public link; null when it is not shared.",
      resolve: detail("shareId"),
    }),
    priorityLockedAt: t.field({
      type: "DateTime",
      nullable: true,
      description: "When a person set the priority; Sentry does not change it from then on.",
      resolve: detail("priorityLockedAt"),
    }),
    seerFixabilityScore: t.float({
      nullable: true,
      description: "How likely Sentry's Seer is to fix it, by its own estimate: 0 to 1.",
      resolve: detail("seerFixabilityScore"),
    }),
    seerAutofixLastTriggered: t.field({
      type: "DateTime",
      nullable: true,
      description: "When Sentry's Seer last tried to fix it.",
      resolve: detail("seerAutofixLastTriggered"),
    }),
    webUrl: t.field({
      type: "URL",
      nullable: true,
      description: "The issue's page in Sentry: `web_url`, else `permalink`.",
      resolve: detail("webUrl"),
    }),
    apiUrl: t.field({
      type: "URL",
      nullable: true,
      description: "The issue in Sentry's REST API.",
      resolve: detail("apiUrl"),
    }),
    projectUrl: t.field({
      type: "URL",
      nullable: true,
      description: "The project's page in Sentry.",
      resolve: detail("projectUrl"),
    }),
    permalink: t.field({
      type: "URL",
      nullable: true,
      description: "The permanent link that Sentry sent.",
      resolve: detail("permalink"),
    }),
    raw: t.field({
      type: "JSON",
      description:
        "The snapshot (the issue object that a webhook carries) of the newest delivery in history order, " +
        "ignoring those with an older one that were sent at most 15 seconds later. If several in a row brought " +
        "the same snapshot, the first of them counts. Empty once its body is pruned. FORBIDDEN for an " +
        "anonymous reader.",
      resolve: async ({ sentryId }, _args, context) => {
        requirePrivate("`raw`", context);
        return context.answerSize.weighed(await context.loaders.rawIssue(sentryId));
      },
    }),
    events: t.field({
      type: IssueEventConnectionType,
      description: "Everything that happened to the issue, oldest first, in history order.",
      args: {
        ...t.arg.connectionArgs(),
        actions: t.arg({
          type: [IssueActionType],
          description: "Only events with one of these actions; an empty list matches nothing.",
        }),
      },
      resolve: ({ sentryId }, { actions, ...args }, { loaders }) => {
        const only = { actions: actions ?? null };
        return connect(args, eventsOf(sentryId), {
          page: (request) => loaders.eventPageOf(sentryId, { ...request, ...only }),
          count: () => loaders.eventCountOf(sentryId, only),
        });
      },
    }),
    transitions: t.field({
      type: StatusTransitionConnectionType,
      description: "Its changes of status and substatus, oldest first, in history order.",
      args: {
        ...t.arg.connectionArgs(),
        filter: t.arg({
          type: TransitionFilterType,
          description: "Only those that match this; by default all.",
        }),
      },
      resolve: ({ sentryId }, { filter, ...args }, { loaders, now }) => {
        const matching = { filter: filterOf<TransitionFilter>(filter), now };
        return connectTransitions(args, transitionsOf(sentryId), {
          page: (request) => loaders.transitionPageOf(sentryId, { ...request, ...matching }),
          count: () => loaders.transitionCountOf(sentryId, matching),
        });
      },
    }),
    statusSpans: t.field({
      extensions: usuallyShort,
      type: [StatusSpanType],
      description: "One span for each stay in a status and substatus, oldest first; the last one is open.",
      resolve: async ({ sentryId }, _args, { loaders, answerSize }, info) =>
        answerSize.counted(
          spansOf(((await loaders.transitionsOf(sentryId)) ?? []).filter(isTransition)),
          info,
        ),
    }),
  }),
});

export const { EdgeType: IssueEdgeType, ConnectionType: IssueConnectionType } = connectionTypes(
  "Issue",
  IssueType,
  "issues",
);

/** Which issues a list has, and in which order. */
export const issueListArgs = builder.args((t) => ({
  filter: t.field({ type: IssueFilterType, description: "Only those that match this; by default all." }),
  orderBy: t.field({
    type: IssueOrderType,
    defaultValue: defaultIssueOrder,
    description: "The order. A page cursor works for the same field in either direction.",
  }),
}));

builder.queryField("issue", (t) =>
  t.field({
    type: IssueType,
    nullable: true,
    description:
      "One issue, by exactly one of its three ids (BAD_USER_INPUT for none, and for several); null if there is none. If " +
      "several issues have had the short id, it is the one that had it last.",
    args: {
      id: t.arg.id({ description: "The global id." }),
      sentryId: t.arg.string({ description: "Sentry's own id." }),
      shortId: t.arg.string({ description: "The short id, like `CHECKOUT-1A2`, exactly." }),
    },
    resolve: (_root, { id, sentryId, shortId }, { loaders, reader }) => {
      if ([id, sentryId, shortId].filter((key) => key != null).length !== 1) {
        throw errorOf("BAD_USER_INPUT", "Give exactly one of `id`, `sentryId` and `shortId`.");
      }
      if (id != null) {
        const key = parseNodeId(id);
        return key?.type === "Issue" ? loaders.issue(key.id) : null;
      }
      if (sentryId != null) return loaders.issue(sentryId);
      return shortId == null ? null : reader.issueByShortId(shortId);
    },
  }),
);

builder.queryField("issues", (t) =>
  t.field({
    type: IssueConnectionType,
    description: "The issues that match, in the order asked for.",
    args: { ...t.arg.connectionArgs(), ...issueListArgs },
    resolve: (_root, { filter, orderBy, ...args }, { reader, now }) => {
      const matching = { filter: filterOf<IssueFilter>(filter), now };
      const order = orderBy ?? defaultIssueOrder;
      return connect(args, issuesBy(order), {
        page: (request) => reader.issuePage({ ...request, ...matching, order }),
        count: () => reader.issueCount(matching),
      });
    },
  }),
);
