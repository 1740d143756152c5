import SchemaBuilder from "@pothos/core";
import RelayPlugin from "@pothos/plugin-relay";
import type { Position } from "../domain/cursor.ts";
import type { Moment } from "../domain/filter.ts";
import type { Json } from "../domain/issue.ts";
import type { Context } from "./context.ts";

/**
 * The schema's types hang on this. A field is non-null unless it says so.
 *
 * Relay's plugin gives `Node`, `PageInfo` and the paging arguments. Ids and connections are our own (`node.ts`,
 * `connection.ts`): a global id has to outlive `rebuild`, and a page is read by key.
 */
export const builder = new SchemaBuilder<{
  Context: Context;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    /** Epoch milliseconds. */
    DateTime: { Input: number; Output: number };
    DateTimeOrDuration: { Input: Moment; Output: never };
    BigInt: { Input: number; Output: number };
    JSON: { Input: never; Output: Json };
    URL: { Input: never; Output: string };
    /** As the client sent it: whether it is one is for the field to say, with a code. */
    Cursor: { Input: string; Output: Position };
  };
}>({
  plugins: [RelayPlugin],
  defaultFieldNullability: false,
  relay: {
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    nodeTypeOptions: { description: "Anything with an id of its own, by which `Query.node` finds it again." },
    idFieldOptions: { description: "Opaque, unique among all types, and for good." },
    pageInfoTypeOptions: { description: "Where a page stands in its list." },
    hasNextPageFieldOptions: {
      description:
        "With `first`: whether the list goes on beyond this page. With `last`: whether `before` was given, for the " +
        "row that it names comes after this page.",
    },
    hasPreviousPageFieldOptions: {
      description:
        "With `last`: whether the list goes on before this page. With `first`: whether `after` was given, for the " +
        "row that it names comes before this page.",
    },
    startCursorFieldOptions: {
      nullable: true,
      description: "The page cursor of the first row, for `before`; null when the page is empty.",
    },
    endCursorFieldOptions: {
      nullable: true,
      description: "The page cursor of the last row, for `after`; null when the page is empty.",
    },
    firstArgOptions: {
      description:
        "So many rows from the beginning of the list, or from `after` on: 0 to 100. 50 when neither `first` nor " +
        "`last` is given; not together with `last`.",
    },
    lastArgOptions: {
      description:
        "So many rows from the end of the list, or up to `before`: 0 to 100. They keep the list's order. Not " +
        "together with `first`.",
    },
    afterArgOptions: {
      description:
        "Only rows after the one that this page cursor names, itself excluded. The row need not be there any more. " +
        "A page cursor is good for the list that it came from and no other; it is no position in the log.",
    },
    beforeArgOptions: {
      description:
        "Only rows before the one that this page cursor names, itself excluded. Otherwise like `after`.",
    },
  },
});

export type Types = typeof builder.$inferSchemaTypes;

export const NodeType = builder.nodeInterfaceRef();

builder.queryType({
  description:
    "What is known now. Times come and go in UTC. A field that is null says that Sentry did not tell, or that there is " +
    "no such thing; neither is an error.",
});

builder.subscriptionType({
  description:
    "The log, live. `issueChanged` and `statusTransitioned` take `after`: they first replay what followed that " +
    "position and then go on live, without a gap or a repeat. A position that cannot be honoured is an error with " +
    "the code CURSOR_INVALID, CURSOR_AHEAD, CURSOR_EXPIRED or EPOCH_CHANGED, never silence; its `newestCursor` is " +
    "where to begin again. Without `after` they start with the next event.",
});
