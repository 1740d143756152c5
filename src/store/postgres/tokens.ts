import type pg from "pg";
import { wrapMethods } from "../wrap-methods.ts";
import { tokenQueries } from "../queries/tokens.ts";
import type { Tokens } from "../tokens.ts";
import { drizzleOver } from "./drizzle-over.ts";
import { answered } from "./error.ts";
import { sharedBy } from "./reader.ts";

/**
 * The tokens in the database of this pool. A failure is thrown as the store's own, without the statement and its
 * values.
 */
export function tokensOn(pool: pg.Pool): Tokens {
  return wrapMethods(tokenQueries(sharedBy(drizzleOver(pool))), (ask, args) => answered(ask(...args)));
}
