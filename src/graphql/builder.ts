import SchemaBuilder from "@pothos/core";
import RelayPlugin from "@pothos/plugin-relay";
import type { Position } from "../domain/cursor.ts";
import type { Moment } from "../domain/filter.ts";
import type { Json } from "../domain/issue.ts";
import type { Context } from "./context.ts";
import { costs } from "./limits/costs.ts";

/**
 * Builds the schema. A field is non-null unless it says otherwise.
 *
 * Relay's plugin gives `Node`, `PageInfo` and the paging arguments. Ids and connections are our own (`node.ts`,
 * `connection.ts`): a global id has to outlive `rebuild`, and pages are read by key.
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
    /** Input is what the client sent: each field checks it, since the faults have codes of their own. */
    Cursor: { Input: string; Output: Position };
  };
}>({
  plugins: [RelayPlugin],
  defaultFieldNullability: false,
  relay: {
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    nodeTypeOptions: { description: "Anything with a global id, by which `Query.node` finds it." },
    idFieldOptions: { description: "Opaque, unique across all types, and permanent." },
    pageInfoTypeOptions: { description: "The position of a page in its list." },
    hasNextPageFieldOptions: {
      description:
        "With `first`: whether more rows follow this page, up to `before` if that is given too. With `last`: " +
        "true if `before` was given, because its row comes after this page.",
    },
    hasPreviousPageFieldOptions: {
      description:
        "With `last`: whether more rows come before this page, back to `after` if that is given too. With " +
        "`first`: true if `after` was given, because its row comes before this page.",
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
        "How many rows to return from the start of the list, or after `after`: 0 to 100; 50 if neither " +
        "`first` nor `last` is given. BAD_USER_INPUT for any other number, and together with `last`.",
    },
    lastArgOptions: {
      description:
        "How many rows to return from the end of the list, or before `before`: 0 to 100, still in the list's " +
        "order. BAD_USER_INPUT for any other number, and together with `first`.",
    },
    afterArgOptions: {
      description:
        "Only rows after the one that this page cursor names, which may be gone by now. A page cursor is not a " +
        "position in the log, and works only for the list it came from: BAD_USER_INPUT in any other.",
    },
    beforeArgOptions: {
      description: "Only rows before the one that this page cursor names. Otherwise like `after`.",
    },
  },
});

export type Types = typeof builder.$inferSchemaTypes;

export const NodeType = builder.nodeInterfaceRef();

/** A field of a root type takes a statement of its own. */
const ofRoot = costs({ extra: 10 });

builder.queryType({
  extensions: ofRoot,
  description:
    "What is known now. Times are returned in UTC; as input they may have any offset. A field is null " +
    "if Sentry did not send it or there is nothing to send; neither is an error.",
});

builder.subscriptionType({
  extensions: ofRoot,
  description:
    "The log, live. `issueChanged` and `statusTransitioned` take `after`: they first replay everything " +
    "after that position, then go live, with no gaps or duplicates. A position that they cannot resume " +
    "from is an error with the code CURSOR_INVALID, CURSOR_AHEAD, CURSOR_EXPIRED or EPOCH_CHANGED, never " +
    "silence; its `newestCursor` is where to start again. Without `after` they start with the next event.",
});
