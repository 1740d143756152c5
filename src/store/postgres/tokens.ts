import type pg from "pg";
import { calledBy } from "../called-by.ts";
import { tokenQueries } from "../queries/tokens.ts";
import type { Tokens } from "../tokens.ts";
import { drizzleOver } from "./ask.ts";
import { answered } from "./error.ts";
import { sharedBy } from "./queries.ts";

/**
 * The tokens in the database of this pool. What fails is told as the store's failure, without the statement and what was
 * to be written.
 */
export function tokensOn(pool: pg.Pool): Tokens {
  return calledBy(tokenQueries(sharedBy(drizzleOver(pool))), (ask, args) => answered(ask(...args)));
}
