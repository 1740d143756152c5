import pg from "pg";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { failureFrom } from "./error.ts";
import { valueTypes } from "./pools.ts";

/** Answers one statement: a pool, or one connection. */
export type Connection = { readonly query: (config: pg.QueryConfig) => Promise<pg.QueryResult> };

/**
 * Drizzle over this connection. What the database cannot answer is thrown as StorageUnavailableError,
 * ReadTimeoutError or OverloadedError, as the cause of an error of Drizzle's.
 */
export function drizzleOver(connection: Connection): NodePgDatabase {
  const client = {
    async query(config: pg.QueryConfig, values: readonly unknown[] = []) {
      try {
        // Drizzle brings parsers of its own, for types that no table has. Without the name: behind a pooler the next
        // statement may meet a server that never heard of it.
        const { name: _name, ...unnamed } = config;
        return await connection.query({ ...unnamed, values: values.map(storable), types: valueTypes });
      } catch (error) {
        throw failureFrom(error);
      }
    },
  };
  // The one method of a pool that Drizzle calls outside of its own transactions, which nobody begins.
  return drizzle({ client: client as unknown as pg.Pool });
}

/**
 * The same value, or one that the database takes and that equals nothing kept.
 *
 * PostgreSQL refuses a NUL in text, and a lone surrogate would become U+FFFD on its way there. No text that is kept has
 * either, and none has this character that means nothing.
 */
function storable(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value.replaceAll("\0", "\u{10ffff}").replace(loneSurrogates, "\u{10ffff}");
}

const loneSurrogates = /\p{Surrogate}/gu;
