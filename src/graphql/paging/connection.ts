import type { ObjectRef } from "@pothos/core";
import type { Page, PageRequest } from "../../store/reader.ts";
import { builder, type Types } from "../builder.ts";
import { errorOf } from "../errors.ts";
import { costs } from "../limits/costs.ts";
import { saturated } from "../types/int.ts";
import { isOfAnotherEpoch, keyOfPageCursor, pageCursorOf, type PagedList } from "./page-cursor.ts";

export type Edge<Row> = { readonly cursor: string; readonly node: Row };

/** One page of a list. Cursors and the count are made only if they are selected. */
export type Connection<Row> = {
  readonly rows: readonly Row[];
  readonly cursorOf: (row: Row) => string;
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly count: () => Promise<number>;
};

export type ConnectionArgs = {
  readonly first?: number | null | undefined;
  readonly last?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly before?: string | null | undefined;
};

/** How to read a page and the count: of the same list, under the same filter. */
export type Questions<Row, Key> = {
  readonly page: (request: PageRequest<Key>) => Promise<Page<Row>>;
  readonly count: () => Promise<number>;
};

/**
 * The page of `list` that the arguments ask for.
 * @throws GraphQLError BAD_USER_INPUT for a size out of bounds or a cursor of another list, EPOCH_CHANGED for a cursor
 * of this list from another epoch.
 */
export async function connect<Row, Key>(
  args: ConnectionArgs,
  list: PagedList<Row, Key>,
  { page, count }: Questions<Row, Key>,
): Promise<Connection<Row>> {
  const request = pageRequestOf(args, list);
  const { rows, more } = await page(request);
  const fromFirst = request.from === "first";
  return {
    rows,
    cursorOf: (row) => pageCursorOf(list, row),
    hasNextPage: fromFirst ? more : request.before !== null,
    hasPreviousPage: fromFirst ? request.after !== null : more,
    count,
  };
}

const ofPage = costs({ length: ({ pageSize }) => pageSize });

/** The types `<name>Connection` and `<name>Edge`. `rows` is the plural of what the list holds. */
export function connectionTypes<Row>(name: string, node: ObjectRef<Types, Row>, rows: string) {
  const EdgeType = builder.objectRef<Edge<Row>>(`${name}Edge`).implement({
    description: `One of the ${rows} of a list, with its page cursor.`,
    fields: (t) => ({
      cursor: t.exposeString("cursor", {
        description: "Its page cursor, for `after` and `before` of this list.",
      }),
      node: t.field({
        type: node,
        description: "The row itself.",
        // Pothos' types allow for a row that is itself a list.
        resolve: (edge) => edge.node as never,
      }),
    }),
  });
  const ConnectionType = builder.objectRef<Connection<Row>>(`${name}Connection`).implement({
    description: `One page of a list of ${rows}.`,
    fields: (t) => ({
      edges: t.field({
        extensions: ofPage,
        type: [EdgeType],
        description: `The ${rows} of this page, each with its page cursor, in the list's order.`,
        resolve: ({ rows, cursorOf }) => rows.map((node) => ({ node, cursor: cursorOf(node) })),
      }),
      nodes: t.field({
        extensions: ofPage,
        type: [node],
        description: `The ${rows} of this page, in the list's order.`,
        resolve: ({ rows }) => rows,
      }),
      pageInfo: t.field({
        type: builder.pageInfoRef(),
        description: "The position of this page in the list.",
        resolve: ({ rows, cursorOf, hasNextPage, hasPreviousPage }) => {
          const first = rows[0];
          const last = rows.at(-1);
          return {
            hasNextPage,
            hasPreviousPage,
            startCursor: first === undefined ? null : cursorOf(first),
            endCursor: last === undefined ? null : cursorOf(last),
          };
        },
      }),
      totalCount: t.int({
        extensions: costs({ extra: 20, filtersAgain: true }),
        description: `How many ${rows} the whole list holds, whatever the page. Counted only when it is selected.`,
        resolve: async ({ count }) => saturated(await count()),
      }),
    }),
  });
  return { EdgeType, ConnectionType };
}

/** Most rows on a page, groups in a ranking, and ids in `nodes(ids:)`. */
export const largestPage = 100;
/** Rows on a page if neither `first` nor `last` is given. */
export const defaultPage = 50;

function pageRequestOf<Row, Key>(
  { first, last, after, before }: ConnectionArgs,
  list: PagedList<Row, Key>,
): PageRequest<Key> {
  if (first != null && last != null) {
    throw errorOf("BAD_USER_INPUT", "`first` and `last` cannot be given together.");
  }
  return {
    limit: last == null ? pageSize("first", first ?? defaultPage) : pageSize("last", last),
    from: last == null ? "first" : "last",
    after: keyIn("after", after),
    before: keyIn("before", before),
  };

  function keyIn(argument: string, cursor: string | null | undefined): Key | null {
    if (cursor == null) return null;
    const key = keyOfPageCursor(list, cursor);
    if (key !== null) return key;
    if (isOfAnotherEpoch(list, cursor))
      throw errorOf(
        "EPOCH_CHANGED",
        `A new log has begun since the page cursor \`${argument}\` was issued. Read the list again from its start.`,
      );
    throw errorOf("BAD_USER_INPUT", `\`${argument}\` is not a page cursor of this list.`);
  }
}

function pageSize(argument: string, size: number): number {
  if (size < 0) throw errorOf("BAD_USER_INPUT", `\`${argument}\` must not be negative.`);
  if (size > largestPage) throw errorOf("BAD_USER_INPUT", `\`${argument}\` must be at most ${largestPage}.`);
  return size;
}
