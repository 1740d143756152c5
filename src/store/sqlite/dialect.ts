import { sql } from "drizzle-orm";
import type { Dialect } from "../dialect.ts";
import { containing } from "./search.ts";
import { stoppable } from "./stoppable.ts";

/** SQLite's dialect. It compares text bytewise unless told otherwise. */
export const sqliteDialect: Dialect = {
  contains: (column, text) => sql`instr(${column}, ${text}) > 0`,
  startsWith: (column, text) => sql`instr(${column}, ${text}) = 1`,
  among: (column, values) => sql`${column} in (select value from json_each(${JSON.stringify(values)}))`,
  containing,
  // SQLite uses an index for any comparison that it serves, however many rows it would leave; but not for `is true`.
  tried: (condition) => sql`(${condition}) is true`,
  stoppable,
};
