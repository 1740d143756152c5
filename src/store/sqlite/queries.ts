import { max } from "drizzle-orm";
import type { Json } from "../../domain/issue.ts";
import { queriesOf } from "../queries/queries.ts";
import type { Asked } from "../queries/query.ts";
import type { Reader } from "../reader.ts";
import * as tables from "../tables/sqlite.ts";
import type { Connection } from "./connection.ts";
import { sqliteAggregates } from "./aggregates.ts";
import { sqliteDialect } from "./dialect.ts";
import { failureIn } from "./error.ts";

export type ReaderOptions = {
  /** The issue object in a kept body. */
  readonly issueObjectOf: (body: Uint8Array) => Json;
};

/** Asks everything on this connection, at once and on this thread. */
export function readerOf(connection: Connection, options: ReaderOptions): Reader {
  return queriesOf(askedOf(connection, options));
}

/** What queries are asked of, on this connection. */
export function askedOf(connection: Connection, { issueObjectOf }: ReaderOptions): Asked {
  return {
    db: connection.db,
    tables,
    dialect: sqliteDialect,
    aggregates: sqliteAggregates,
    newestPosition: async () => newestPosition(connection),
    failureIn,
    issueObjectOf,
  };
}

/** The newest position ever handed out, of an entry that may be gone; 0 for none. */
export function newestPosition({ client, db }: Connection): number {
  const newest =
    db
      .select({ seq: max(tables.events.seq) })
      .from(tables.events)
      .get()?.seq ?? 0;
  const row = client.prepare("select seq from sqlite_sequence where name = 'events'").get();
  const handedOut = row === undefined ? 0 : (row as { readonly seq: number }).seq;
  return Math.max(newest, handedOut);
}
