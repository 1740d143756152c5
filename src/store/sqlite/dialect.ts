import { sql } from "drizzle-orm";
import type { Dialect } from "../dialect.ts";
import { containing } from "./search.ts";
import { stoppable } from "./stoppable.ts";

/** SQLite compares text bytewise unless told otherwise. */
export const sqliteDialect: Dialect = {
  contains: (column, text) => sql`instr(${column}, ${text}) > 0`,
  startsWith: (column, text) => sql`instr(${column}, ${text}) = 1`,
  among: (column, values) => sql`${column} in (select value from json_each(${JSON.stringify(values)}))`,
  containing,
  // SQLite takes an index for any comparison that one serves, without asking how many rows it would leave.
  tried: (condition) => sql`(${condition}) is true`,
  stoppable,
};
