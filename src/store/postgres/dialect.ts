import { sql } from "drizzle-orm";
import type { Dialect } from "../dialect.ts";
import { containing } from "./search.ts";

/**
 * The columns' collation is "C", so PostgreSQL compares bytes.
 * @param hasSearch there is an index of the issues' texts.
 */
export const postgresDialect = (hasSearch: boolean): Dialect => ({
  contains: (column, text) => sql`strpos(${column}, ${text}) > 0`,
  startsWith: (column, text) => sql`starts_with(${column}, ${text})`,
  among: (column, values) => sql`${column} = any(${sql.param([...values])})`,
  // Without an index of texts a search tries every issue's row, and is ended when that takes too long.
  containing: hasSearch ? containing : () => null,
  // PostgreSQL asks how many rows an index would leave before it takes it.
  tried: (condition) => condition,
  // It ends a statement whenever its time is over.
  stoppable: (condition) => condition,
});
