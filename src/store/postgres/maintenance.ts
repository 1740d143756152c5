import { and, eq, isNull } from "drizzle-orm";
import type { Maintenance } from "../maintenance.ts";
import { deliveries } from "../tables/postgres.ts";
import { drizzleOver } from "./ask.ts";
import { createPools } from "./pools.ts";
import { prepare } from "./prepare.ts";
import { readerOf } from "./queries.ts";
import { erasingSteps } from "./steps.ts";
import { tokensOn } from "./tokens.ts";

/**
 * Opens the store for commands, making the tables where they are missing. Replicas may go on beside it.
 * @throws Error that says what is wrong with the server and what to do.
 */
export async function openPostgresMaintenance(url: string): Promise<Maintenance> {
  await using opened = new AsyncDisposableStack();
  const pools = opened.use(createPools(url));
  const { schema, hasSearch } = await prepare(pools);
  const db = drizzleOver(pools.log);
  const reader = readerOf(pools.log, { issueObjectOf: () => null, hasSearch });
  const running = opened.move();
  return {
    ...erasingSteps(pools.log, schema),
    tokens: tokensOn(pools.log),
    async findIssue(shortIdOrId) {
      const byShortId = await reader.issueByShortId(shortIdOrId);
      return (
        byShortId?.sentryId ?? ((await reader.issues([shortIdOrId])).has(shortIdOrId) ? shortIdOrId : null)
      );
    },
    async findProject(slugOrId) {
      return (
        (await reader.projectBySlug(slugOrId)) ?? (await reader.projects([slugOrId])).get(slugOrId) ?? null
      );
    },
    async hasDelivery(sha256) {
      const found = await db
        .select({ id: deliveries.id })
        .from(deliveries)
        .where(and(isNull(deliveries.issueId), eq(deliveries.sha256, Buffer.from(sha256, "hex"))))
        .limit(1);
      return found.length > 0;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
