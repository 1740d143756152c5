import { sql } from "drizzle-orm";
import type { Dialect } from "../dialect.ts";
import { containing } from "./search.ts";

/**
 * PostgreSQL's dialect. The columns' collation is "C", so it compares bytes.
 * @param hasSearch whether there is an index of the issues' texts.
 */
export const postgresDialect = (hasSearch: boolean): Dialect => ({
  contains: (column, text) => sql`strpos(${column}, ${text}) > 0`,
  startsWith: (column, text) => sql`starts_with(${column}, ${text})`,
  among: (column, values) => sql`${column} = any(${sql.param([...values])})`,
  // Without an index of texts a search tries every issue's row, and is ended if that takes too long.
  containing: hasSearch ? containing : () => null,
  // PostgreSQL estimates how many rows an index would leave before it uses it.
  tried: (condition) => condition,
  // PostgreSQL ends a statement by itself once its time is over.
  stoppable: (condition) => condition,
});
