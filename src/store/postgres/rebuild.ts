import { metaNames, newName } from "../meta.ts";
import { rewriteFields } from "../queries/contents.ts";
import { deriveAgain, putDetailsBack, setIssuesAside, type RebuildOptions } from "../rebuild.ts";
import { deliveries } from "../tables/postgres.ts";
import { drizzleOver } from "./drizzle-over.ts";
import { arraysOf, columnsOf, upserting } from "./columns.ts";
import { failureWithin } from "./error.ts";
import { locksOf } from "./locks.ts";
import type { MigrateOptions } from "./migrate.ts";
import { createPools } from "./pools.ts";
import { connectTo, prepare } from "./prepare.ts";
import { sharedBy } from "./reader.ts";
import { collectingTransaction } from "./transaction.ts";
import { beginWithoutTimeouts, vacuumAndAnalyze } from "./without-timeouts.ts";
import { moveStatement, moveValuesOf, valuesOf, writeStatement } from "./write-statement.ts";

/**
 * Between two statements the bodies of a page are read, which takes seconds. The limit is for a machine that dies
 * behind a pooler: the pooler may keep its connection, and the server cannot know.
 */
const pageIdleLimit = "set local idle_in_transaction_session_timeout = '10min'";

/**
 * Derives every history again from the deliveries, in the order in which they arrived, under a new epoch.
 *
 * It is one transaction: until its end the store stays as it was, whatever happens, and replicas go on answering from
 * that. They answer webhooks with 503 meanwhile, because nobody else may write a history that is being derived. Once it
 * is done they end, to be started again. Histories and node ids are the same afterwards; earlier cursors are refused
 * with EPOCH_CHANGED.
 * @throws Error if there is no store.
 */
export async function rebuildPostgres({
  url,
  held = () => {},
  ...options
}: RebuildOptions & Pick<MigrateOptions, "held"> & { readonly url: string }): Promise<void> {
  await using pools = createPools(url);
  const { schema } = await prepare(pools, { mustExist: true, held });
  const locks = locksOf(schema);
  const client = pools.connection();
  try {
    await connectTo(client);
    await beginWithoutTimeouts(client);
    await client.query(pageIdleLimit);
    // In the order in which writers take them. Then no batch is under way, and none begins.
    await client.query("select pg_advisory_xact_lock($1)", [locks.writing]);
    await client.query("select pg_advisory_xact_lock($1)", [locks.log]);
    // If this server has replaced another, the store belongs to this one from here on.
    await client.query("select present_epoch('', 0)");
    const { rows } = await client.query<{ newest: number }>("select newest_position() as newest");
    const before = rows[0]!.newest;
    const remember = (name: string, value: string) =>
      client.query(
        "insert into meta (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value",
        [name, value],
      );
    // Positions continue those of the old log, and nobody can resume before the beginning of the new one.
    await remember(metaNames.newest, String(before));
    await remember(metaNames.oldest, String(before));
    const epoch = newName();
    await remember(metaNames.epoch, epoch);
    await client.query(setIssuesAside);
    // Not truncated: readers go on seeing what was there.
    for (const table of ["events", "issues", "projects"]) await client.query(`delete from ${table}`);

    const shared = sharedBy(drizzleOver(client));
    const rewritten = columnsOf(deliveries);
    // Once a body is pruned, its size is no longer known.
    const rewriting = upserting("deliveries", "id", rewritten, ["bytes"]);
    const log = { lock: locks.log, knownEpoch: epoch, knownPosition: 0, channel: "" };
    let newest = before;
    await deriveAgain(
      shared,
      async (derive) => {
        const transaction = collectingTransaction(drizzleOver(client), newest);
        const { entries } = await derive(transaction);
        const collected = transaction.collected();
        await client.query(rewriting, arraysOf(collected.deliveries, rewritten));
        await rewriteFields(shared, collected.contents);
        const rest = { ...collected, deliveries: [], contents: [] };
        await client.query(writeStatement, valuesOf(log, rest, { isCalledOut: false }));
        const { moves } = collected;
        if (moves.length > 0) await client.query(moveStatement, moveValuesOf(moves));
        newest += entries;
      },
      options,
    );
    for (const statement of putDetailsBack) await client.query(statement);
    await client.query("commit");
    await vacuumAndAnalyze(client, "deliveries, events, issues, projects");
  } catch (error) {
    throw failureWithin(error) ?? error;
  } finally {
    // Rolls back what was not committed.
    await client.end().catch(() => {});
  }
}
