import type { TransitionFilter } from "../../domain/filter.ts";
import type { LoggedEvent } from "../../domain/event.ts";
import { nodeId } from "../../domain/node-id.ts";
import { isTransition, type TransitionEvent } from "../../domain/transition.ts";
import type { TransitionKey, TransitionOrder } from "../../store/reader.ts";
import { builder, NodeType } from "../builder.ts";
import { connect, connectionTypes, type ConnectionArgs, type Questions } from "../paging/connection.ts";
import { historyList } from "./event.ts";
import { TransitionKindType } from "./event-enums.ts";
import { eventFields } from "./event-fields.ts";
import { filterOf } from "../filters/filter-input.ts";
import { IssueStateType } from "./issue-state.ts";
import type { PagedList } from "../paging/page-cursor.ts";
import { positionAt } from "../paging/position.ts";
import { IssueEventType, IssueType, StatusTransitionType } from "./refs.ts";
import { StatusDetailsType } from "./status-details.ts";
import { TransitionFilterType } from "../filters/transition-filter.ts";
import { defaultTransitionOrder, TransitionOrderType } from "../paging/transition-order.ts";

StatusTransitionType.implement({
  description: "One change of an issue's status or substatus.",
  interfaces: [NodeType],
  fields: (t) => ({
    id: t.id({
      description: "The transition's global id.",
      resolve: ({ id }) => nodeId("StatusTransition", id),
    }),
    cursor: t.field({
      type: "Cursor",
      description: "The position of its event in the log: subscribe after it to get what followed.",
      resolve: ({ seq }, _args, { loaders }) => positionAt(seq, loaders),
    }),
    issue: t.field({
      type: IssueType,
      description:
        "The issue that changed, as it is now; in a subscription, as known after this entry of the log, which in " +
        "a replay is older than what a query reads.",
      resolve: ({ issueId }, _args, { loaders }) => loaders.issueOf(issueId),
    }),
    from: t.field({
      type: IssueStateType,
      nullable: true,
      description: "The state it changed from; null where the gateway first heard of the issue.",
      resolve: ({ transition }) => transition.from,
    }),
    to: t.field({
      type: IssueStateType,
      description: "The state it changed to.",
      resolve: ({ transition }) => transition.to,
    }),
    kind: t.field({
      type: TransitionKindType,
      description: "What the change means.",
      resolve: ({ transition }) => transition.kind,
    }),
    source: t.expose("source", eventFields.source),
    actor: t.expose("actor", eventFields.actor),
    occurredAt: t.expose("occurredAt", {
      type: "DateTime",
      description:
        "When Sentry sent the webhook that reported it. For INFERRED, the latest time at which it can have " +
        "happened.",
    }),
    occurredAfter: t.expose("occurredAfter", eventFields.occurredAfter),
    receivedAt: t.expose("receivedAt", eventFields.receivedAt),
    isLate: t.exposeBoolean("isLate", eventFields.isLate),
    resolutionType: t.exposeString("resolutionType", eventFields.resolutionType),
    statusDetails: t.field({
      type: StatusDetailsType,
      description:
        "How the new status came about and how it will end, as the transition's own delivery showed it. " +
        "Empty if that delivery already showed the issue in another status. Also empty for a viewer limited to some " +
        "projects, if it showed the issue outside of these.",
      resolve: async ({ delivery, transition }, _args, { loaders, services }) => {
        const shown = await loaders.snapshot(delivery);
        return services.statusDetailsOf(shown?.statusRaw === transition.to.status ? shown.statusDetails : {});
      },
    }),
    secondsInPreviousState: t.float({
      nullable: true,
      description:
        "How long the issue had been in the state it changed from, in seconds; null if that is unknown.",
      resolve: async ({ seq, occurredAt }, _args, { loaders }) => {
        const since = await loaders.transitionedBefore(seq);
        return since === null ? null : (occurredAt - since) / 1000;
      },
    }),
    event: t.field({
      type: IssueEventType,
      description: "The event that made the change.",
      resolve: (event) => event,
    }),
  }),
});

export const { ConnectionType: StatusTransitionConnectionType } = connectionTypes(
  "StatusTransition",
  StatusTransitionType,
  "transitions",
);

/** One issue's transitions, in history order. */
export function transitionsOf(issueId: string): PagedList<TransitionEvent, Uint8Array> {
  return historyList(`transitions of ${issueId}`);
}

/** All issues' transitions. Ties are broken by position, which is valid within one epoch only. */
function transitionsBy({ field }: TransitionOrder, epoch: string): PagedList<TransitionEvent, TransitionKey> {
  return {
    name: `transitions by ${field}`,
    epoch,
    keyOf: ({ occurredAt, place, seq }) => ({ occurredAt, place, seq }),
    toJson: ({ occurredAt, place, seq }) => [occurredAt, Buffer.from(place).toString("base64url"), seq],
    fromJson: ([occurredAt, place, seq]) =>
      Number.isSafeInteger(occurredAt) && typeof place === "string" && Number.isSafeInteger(seq)
        ? {
            occurredAt: occurredAt as number,
            place: Uint8Array.from(Buffer.from(place, "base64url")),
            seq: seq as number,
          }
        : null,
  };
}

/** `connect` for transitions: pages are read as events, all of which have a transition. */
export function connectTransitions<Key>(
  args: ConnectionArgs,
  list: PagedList<TransitionEvent, Key>,
  { page, count }: Questions<LoggedEvent, Key>,
) {
  return connect(args, list, {
    page: async (request) => {
      const { rows, more } = await page(request);
      return { rows: rows.filter(isTransition), more };
    },
    count,
  });
}

builder.queryField("transitions", (t) =>
  t.field({
    type: StatusTransitionConnectionType,
    description:
      "All changes of status or substatus that match, in the order asked for. Its page cursors are valid until " +
      "`rebuild` or a restored backup begins a new epoch: EPOCH_CHANGED then.",
    args: {
      ...t.arg.connectionArgs(),
      filter: t.arg({
        type: TransitionFilterType,
        description: "Only those that match this; by default all.",
      }),
      orderBy: t.arg({
        type: TransitionOrderType,
        defaultValue: defaultTransitionOrder,
        description: "The order. A page cursor works for the same field in either direction.",
      }),
    },
    resolve: async (_root, { filter, orderBy, ...args }, { loaders, reader, now }) => {
      const matching = { filter: filterOf<TransitionFilter>(filter), now };
      const order = orderBy ?? defaultTransitionOrder;
      return connectTransitions(args, transitionsBy(order, await loaders.epoch()), {
        page: (request) => reader.transitionPage({ ...request, ...matching, order }),
        count: () => reader.transitionCount(matching),
      });
    },
  }),
);
