import { sql } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import { queriesOf } from "../queries/queries.ts";
import type { QueryContext, ReaderOptions } from "../queries/query.ts";
import type { Reader } from "../reader.ts";
import * as tables from "../tables/postgres.ts";
import { drizzleOver, type Connection } from "./drizzle-over.ts";
import { postgresAggregates } from "./aggregates.ts";
import { postgresDialect } from "./dialect.ts";
import { questionFailure } from "./error.ts";

type PostgresReaderOptions = ReaderOptions & {
  /** True if there is an index of the issues' texts. */
  readonly hasSearch: boolean;
};

/** A reader on this connection, or on whichever a pool has free. */
export function readerOf(
  connection: Connection,
  { issueObjectOf, onUnreadable = () => {}, hasSearch }: PostgresReaderOptions,
): Reader {
  const db = drizzleOver(connection);
  return queriesOf({
    ...sharedBy(db),
    dialect: postgresDialect(hasSearch),
    aggregates: postgresAggregates,
    newestPosition: () => newestPosition(db),
    questionFailure,
    issueObjectOf,
    onUnreadable,
  });
}

/**
 * The database and the tables as the queries take them, which are written against SQLite's types. Drizzle's methods are
 * the same for both, and a test keeps the rows of both tables equal.
 */
export function sharedBy(db: NodePgDatabase): Pick<QueryContext, "db" | "tables"> {
  return { db: db as unknown as QueryContext["db"], tables: tables as unknown as QueryContext["tables"] };
}

/** The newest position ever handed out, even if its entry is gone; 0 for none. */
export async function newestPosition(db: NodePgDatabase): Promise<number> {
  const { rows } = await db.execute<{ readonly newest: number }>(sql`select newest_position() as newest`);
  return rows[0]!.newest;
}
