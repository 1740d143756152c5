import type pg from "pg";
import { tokenQueries } from "../queries/tokens.ts";
import type { Tokens } from "../tokens.ts";
import { drizzleOver } from "./ask.ts";
import { failureIn } from "./error.ts";
import { sharedBy } from "./queries.ts";

/**
 * The tokens in the database of this pool. What fails is told as the store's failure, without the statement and what was
 * to be written.
 */
export function tokensOn(pool: pg.Pool): Tokens {
  const tokens = tokenQueries(sharedBy(drizzleOver(pool)));
  const failing = (error: unknown): never => {
    throw failureIn(error) ?? error;
  };
  return {
    list: () => tokens.list().catch(failing),
    add: (token) => tokens.add(token).catch(failing),
    remove: (name) => tokens.remove(name).catch(failing),
  };
}
