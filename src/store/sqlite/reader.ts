import { queriesOf } from "../queries/queries.ts";
import type { ReaderOptions } from "../queries/query.ts";
import type { Reader } from "../reader.ts";
import * as tables from "../tables/sqlite.ts";
import type { Connection } from "./connection.ts";
import { sqliteAggregates } from "./aggregates.ts";
import { sqliteDialect } from "./dialect.ts";
import { questionFailure } from "./error.ts";

/** A reader on this connection. It answers synchronously, on the calling thread. */
export function readerOf(
  connection: Connection,
  { issueObjectOf, onUnreadable = () => {} }: ReaderOptions,
): Reader {
  const newest = newestPositionOf(connection);
  return queriesOf({
    db: connection.db,
    tables,
    dialect: sqliteDialect,
    aggregates: sqliteAggregates,
    newestPosition: async () => newest(),
    questionFailure,
    issueObjectOf,
    onUnreadable,
  });
}

/** The newest position ever handed out, even if its entry is gone; 0 for none. */
export function newestPosition(connection: Connection): number {
  return newestPositionOf(connection)();
}

/** The same as a prepared statement, to be asked again after each commit. */
function newestPositionOf({ client }: Connection): () => number {
  const newest = client
    .prepare<[], number>(
      `select max(coalesce((select max(seq) from events), 0),
        coalesce((select seq from sqlite_sequence where name = 'events'), 0))`,
    )
    .pluck();
  return () => newest.get()!;
}
