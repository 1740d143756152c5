import pg from "pg";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { mappedFailure } from "./error.ts";
import { valueTypes } from "./pools.ts";

/** Whatever answers a statement: a pool, or one connection. */
export type Connection = { readonly query: (config: pg.QueryConfig) => Promise<pg.QueryResult> };

/**
 * Drizzle over this connection. If the database does not answer, Drizzle's error has a StorageUnavailableError,
 * ReadTimeoutError or OverloadedError as its cause.
 */
export function drizzleOver(connection: Connection): NodePgDatabase {
  const client = {
    async query(config: pg.QueryConfig, values: readonly unknown[] = []) {
      try {
        // Not Drizzle's own parsers: they are for types that no table has. Nor its statement's name: behind a pooler
        // the next statement may meet a server session that does not know it.
        const { name: _name, ...unnamed } = config;
        return await connection.query({ ...unnamed, values: values.map(unmatchable), types: valueTypes });
      } catch (error) {
        throw mappedFailure(error);
      }
    },
  };
  // `query` is all that Drizzle calls of a pool outside of its own transactions, and nobody begins those.
  return drizzle({ client: client as unknown as pg.Pool });
}

/**
 * The value, with each NUL and lone surrogate replaced by U+10FFFF: the database takes it, and it equals nothing that
 * is kept.
 *
 * PostgreSQL refuses a NUL in text, and a lone surrogate would become U+FFFD on its way there. No text that is kept has
 * either of them, nor U+10FFFF, which means nothing.
 */
function unmatchable(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value.replaceAll("\0", "\u{10ffff}").replace(loneSurrogates, "\u{10ffff}");
}

const loneSurrogates = /\p{Surrogate}/gu;
