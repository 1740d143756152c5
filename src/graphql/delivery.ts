import type { DeliveryOutcome } from "../domain/delivery.ts";
import { nodeId } from "../domain/node-id.ts";
import type { Delivery, DeliveryFilter } from "../store/reader.ts";
import { builder, NodeType } from "./builder.ts";
import { DateComparatorType } from "./comparators.ts";
import { connect, connectionTypes } from "./connection.ts";
import { IssueEventType } from "./event.ts";
import { filterOf, type InputOf } from "./filter-input.ts";
import type { Described } from "./issue-enums.ts";
import type { PagedList } from "./page-cursor.ts";
import { requireAdmin } from "./permitted.ts";
import { positionAt } from "./position.ts";

const DeliveryOutcomeType = builder.enumType("DeliveryOutcome", {
  description: "What became of a signed webhook, as it was known when it was received.",
  values: {
    APPLIED: { description: "It changed the history, or what is shown of the issue." },
    UNCHANGED: { description: "Understood; nothing new in it." },
    DUPLICATE: { description: "The same delivery again." },
    IGNORED: { description: "Signed, but not about issues: kept, not applied." },
    QUARANTINED: { description: "Signed, but not understood: kept for a version that does." },
  } satisfies Described<DeliveryOutcome>,
});

export const DeliveryType = builder.objectRef<Delivery>("Delivery");

DeliveryType.implement({
  description: "One signed webhook, kept as it came. Requires the admin scope of all projects.",
  interfaces: [NodeType],
  fields: (t) => ({
    id: t.id({
      description: "The delivery's global id.",
      resolve: ({ id }) => nodeId("Delivery", String(id)),
    }),
    cursor: t.field({
      type: "Cursor",
      description:
        "The newest position of the log when this delivery was committed: subscribe after it for what followed.",
      resolve: ({ position }, _args, { loaders }) => positionAt(position, loaders),
    }),
    receivedAt: t.expose("receivedAt", {
      type: "DateTime",
      description: "When the gateway received it, by the gateway's clock.",
    }),
    sentAt: t.expose("sentAt", {
      type: "DateTime",
      description:
        "When Sentry sent it, in whole seconds. The snapshot's `lastSeen` where Sentry's time is before that; where it is " +
        "missing or cannot be true, the later of `lastSeen` and the gateway's clock.",
    }),
    resource: t.exposeString("resource", {
      nullable: true,
      description:
        "What it is about: issue, activity_alert, installation, … As its body shows, else as its header says.",
    }),
    action: t.exposeString("action", {
      nullable: true,
      description: "The body's `action`, exactly as sent; null where it has none.",
    }),
    requestId: t.string({
      nullable: true,
      description:
        "The `Request-ID` header, which Sentry makes anew for each attempt; null where it was not usable.",
      // Where there is none the store keeps `h:` and a hash in its place.
      resolve: ({ requestId }) => (requestId.startsWith("h:") ? null : requestId),
    }),
    isRequestIdReused: t.exposeBoolean("isRequestIdReused", {
      description:
        "The first delivery with the same `Request-ID`, which is not signed, had other bytes, as far as the gateway that " +
        "received this one remembers: the newest 10,000.",
    }),
    idempotencyKey: t.exposeString("idempotencyKey", {
      nullable: true,
      description: "The `Idempotency-Key` header, equal in every attempt; null where it was not sent.",
    }),
    installationId: t.exposeString("installationId", {
      nullable: true,
      description: "The UUID of the integration's installation; null where it was not sent.",
    }),
    outcome: t.expose("outcome", { type: DeliveryOutcomeType, description: "What became of it." }),
    reason: t.exposeString("reason", {
      nullable: true,
      description: "Why, for every outcome but APPLIED.",
    }),
    repeatOf: t.field({
      type: DeliveryType,
      nullable: true,
      description:
        "The earlier delivery that this one repeats: the same `Idempotency-Key`, or the same bytes.",
      resolve: ({ repeatOf }, _args, { loaders }) => (repeatOf === null ? null : loaders.delivery(repeatOf)),
    }),
    body: t.string({
      nullable: true,
      description: "The body as received, decoded as UTF-8; null once pruned.",
      resolve: async ({ id }, _args, { loaders }) => {
        const body = await loaders.body(id);
        return body === null ? null : new TextDecoder("utf-8", { ignoreBOM: true }).decode(body);
      },
    }),
    bytes: t.exposeInt("bytes", { description: "The size of the body in bytes, also once it is pruned." }),
    events: t.field({
      type: [IssueEventType],
      description: "The events that name it, in log order, those no longer in the history included.",
      resolve: async ({ id }, _args, { loaders, longLists }, info) =>
        longLists.counted((await loaders.eventsOfDelivery(id)) ?? [], info),
    }),
  }),
});

const { ConnectionType: DeliveryConnectionType } = connectionTypes("Delivery", DeliveryType, "deliveries");

const DeliveryFilterType = builder.inputRef<InputOf<DeliveryFilter>, false>("DeliveryFilter");

DeliveryFilterType.implement({
  description: "Which deliveries. Fields are joined by AND; a list in it holds at most 1,000 values.",
  fields: (t) => ({
    outcome: t.field({
      type: [DeliveryOutcomeType],
      description: "One of these outcomes; an empty list matches nothing.",
    }),
    resource: t.stringList({
      description: "One of these resources, exactly; an empty list matches nothing.",
    }),
    receivedAt: t.field({ type: DateComparatorType, description: "When it was received." }),
    issueSentryId: t.string({ description: "About the issue with this id of Sentry's." }),
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
      "The webhooks that match, newest first. With several replicas, one that is committed later may come to stand behind " +
      "newer ones that were shown already. Requires the admin scope of all projects: FORBIDDEN without.",
    args: {
      ...t.arg.connectionArgs(),
      filter: t.arg({ type: DeliveryFilterType, description: "Only these; left out, all of them." }),
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
