import { sql } from "drizzle-orm";
import type { Dialect } from "../filter-sql.ts";

/** The columns' collation is "C", so PostgreSQL compares bytes. */
export const postgresDialect: Dialect = {
  contains: (column, text) => sql`strpos(${column}, ${text}) > 0`,
  startsWith: (column, text) => sql`starts_with(${column}, ${text})`,
  among: (column, values) => sql`${column} = any(${sql.param([...values])})`,
};
