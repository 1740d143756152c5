import type { DeliveryOutcome } from "../../domain/delivery.ts";
import { nodeId } from "../../domain/node-id.ts";
import type { Delivery, DeliveryFilter } from "../../store/reader.ts";
import { builder, NodeType } from "../builder.ts";
import { DateComparatorType } from "../filters/comparators.ts";
import { connect, connectionTypes } from "../paging/connection.ts";
import { filterOf, type InputOf } from "../filters/filter-input.ts";
import type { Described } from "./issue-enums.ts";
import type { PagedList } from "../paging/page-cursor.ts";
import { usuallyShort } from "../limits/costs.ts";
import { requireAdmin } from "../reading/permitted.ts";
import { positionAt } from "../paging/position.ts";
import { DeliveryType, IssueEventType } from "./refs.ts";

const DeliveryOutcomeType = builder.enumType("DeliveryOutcome", {
  description: "What a signed webhook led to, as known when it was received.",
  values: {
    APPLIED: { description: "It changed the history, or what is shown of the issue." },
    UNCHANGED: { description: "Understood, but nothing in it was new." },
    DUPLICATE: { description: "The same delivery again." },
    IGNORED: { description: "Signed, but not about issues: kept, not applied." },
    QUARANTINED: { description: "Signed, but not understood: kept for a version that does." },
  } satisfies Described<DeliveryOutcome>,
});

DeliveryType.implement({
  description: "One signed webhook, stored as received. Requires the admin scope for all projects.",
  interfaces: [NodeType],
  fields: (t) => ({
    id: t.id({
      description: "The delivery's global id.",
      resolve: ({ id }) => nodeId("Delivery", String(id)),
    }),
    cursor: t.field({
      type: "Cursor",
      description:
        "The log's newest position when this delivery was committed: subscribe after it to get what followed.",
      resolve: ({ position }, _args, { loaders }) => positionAt(position, loaders),
    }),
    receivedAt: t.expose("receivedAt", {
      type: "DateTime",
      description: "When the gateway received it, by the gateway's clock.",
    }),
    sentAt: t.expose("sentAt", {
      type: "DateTime",
      description:
        "When Sentry sent it, by its header `Sentry-Hook-Timestamp` (whole seconds). If that is before the " +
        "`lastSeen` of its snapshot (the issue object that it carries), it is `lastSeen`, unless an SDK's clock " +
        "is ahead, by at most a minute. If it is missing, unreadable or more than 5 minutes ahead, it is the " +
        "later of `lastSeen` and the gateway's clock.",
    }),
    resource: t.exposeString("resource", {
      nullable: true,
      description:
        "What it is about: issue, activity_alert, installation, … Taken from its body, or else from its " +
        "header.",
    }),
    action: t.exposeString("action", {
      nullable: true,
      description: "The body's `action`, exactly as sent; null where it has none.",
    }),
    requestId: t.string({
      nullable: true,
      description:
        "The `Request-ID` header, a new one for each of Sentry's attempts; null if it was missing or " +
        "unusable.",
      // If there is none, the store has `h:` and a hash in its place.
      resolve: ({ requestId }) => (requestId.startsWith("h:") ? null : requestId),
    }),
    isRequestIdReused: t.exposeBoolean("isRequestIdReused", {
      description:
        "True if the first delivery with the same (unsigned) `Request-ID` had a different body. A gateway " +
        "remembers only its newest 10,000.",
    }),
    idempotencyKey: t.exposeString("idempotencyKey", {
      nullable: true,
      description: "The `Idempotency-Key` header, the same in every attempt; null if it was not sent.",
    }),
    installationId: t.exposeString("installationId", {
      nullable: true,
      description: "The UUID of the integration's installation; null if it was not sent.",
    }),
    outcome: t.expose("outcome", { type: DeliveryOutcomeType, description: "What it led to." }),
    reason: t.exposeString("reason", {
      nullable: true,
      description: "Why, for every outcome but APPLIED.",
    }),
    repeatOf: t.field({
      type: DeliveryType,
      nullable: true,
      description:
        "The earlier delivery that this one repeats: the same `Idempotency-Key`, or the same bytes. Null if " +
        "the same bytes report something that happened again, such as a second resolve.",
      resolve: ({ repeatOf }, _args, { loaders }) => (repeatOf === null ? null : loaders.delivery(repeatOf)),
    }),
    body: t.string({
      nullable: true,
      description: "The body as received, decoded as UTF-8; null once pruned.",
      resolve: async ({ id }, _args, { loaders, answerSize }) => {
        const body = await loaders.body(id);
        return body && answerSize.weighed(body);
      },
    }),
    bytes: t.exposeInt("bytes", { description: "The size of the body in bytes, also once it is pruned." }),
    events: t.field({
      extensions: usuallyShort,
      type: [IssueEventType],
      description: "The events that come from it, in log order, including those no longer in the history.",
      resolve: async ({ id }, _args, { loaders, answerSize }, info) =>
        answerSize.counted((await loaders.eventsOfDelivery(id)) ?? [], info),
    }),
  }),
});

const { ConnectionType: DeliveryConnectionType } = connectionTypes("Delivery", DeliveryType, "deliveries");

const DeliveryFilterType = builder.inputRef<InputOf<DeliveryFilter>, false>("DeliveryFilter");

DeliveryFilterType.implement({
  description: "Selects deliveries. Fields are joined by AND; a list may have at most 1,000 values.",
  fields: (t) => ({
    outcome: t.field({
      type: [DeliveryOutcomeType],
      description: "One of these outcomes; an empty list matches nothing.",
    }),
    resource: t.stringList({
      description: "One of these resources, exactly; an empty list matches nothing.",
    }),
    receivedAt: t.field({ type: DateComparatorType, description: "When it was received." }),
    issueSentryId: t.string({ description: "About the issue with this Sentry id." }),
  }),
});

const allDeliveries: PagedList<Delivery, number> = {
  name: "deliveries",
  keyOf: ({ id }) => id,
  toJson: (id) => [id],
  fromJson: ([id]) => (Number.isSafeInteger(id) ? (id as number) : null),
};

builder.queryField("deliveries", (t) =>
  t.field({
    type: DeliveryConnectionType,
    description:
      "The webhooks that match, newest first. With several replicas, a delivery that is committed late may appear behind " +
      "newer ones that you have already read. Requires the admin scope for all projects: FORBIDDEN otherwise.",
    args: {
      ...t.arg.connectionArgs(),
      filter: t.arg({ type: DeliveryFilterType, description: "Only those that match this; by default all." }),
    },
    resolve: (_root, { filter, ...args }, context) => {
      requireAdmin("`deliveries`", context);
      const { reader, now } = context;
      const matching = { filter: filterOf<DeliveryFilter>(filter), now };
      return connect(args, allDeliveries, {
        page: (request) => reader.deliveryPage({ ...request, ...matching }),
        count: () => reader.deliveryCount(matching),
      });
    },
  }),
);
