import { wrapMethods } from "../wrap-methods.ts";
import type { Maintenance } from "../maintenance.ts";
import { namedQueries } from "../queries/named.ts";
import { drizzleOver } from "./drizzle-over.ts";
import { answered } from "./error.ts";
import type { MigrateOptions } from "./migrate.ts";
import { createPools } from "./pools.ts";
import { prepare } from "./prepare.ts";
import { readerOf, sharedBy } from "./reader.ts";
import { erasingSteps } from "./erasing.ts";
import { tokensOn } from "./tokens.ts";

/**
 * Opens the store for commands, creating tables that are missing unless `mustExist`. Replicas may go on meanwhile.
 * @throws Error that says what is wrong with the server and what to do.
 */
export async function openPostgresMaintenance(
  url: string,
  options: Pick<MigrateOptions, "mustExist" | "held"> = {},
): Promise<Maintenance> {
  await using opened = new AsyncDisposableStack();
  const pools = opened.use(createPools(url));
  const { schema } = await prepare(pools, options);
  const reader = readerOf(pools.log, { issueObjectOf: () => null, hasSearch: false });
  const running = opened.move();
  return {
    ...erasingSteps(pools.log, schema),
    tokens: tokensOn(pools.log),
    // The files are the server's own, and its VACUUM does this.
    compact: async () => ({ is: "compact" }),
    sweep: async () => true,
    ...wrapMethods(namedQueries(reader, sharedBy(drizzleOver(pools.log))), (ask, args) =>
      answered(ask(...args)),
    ),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
