import { metaNames, newName } from "../meta.ts";
import { rewriteFields } from "../queries/contents.ts";
import { deriveAgain, putDetailsBack, setIssuesAside, type RebuildOptions } from "../rebuild.ts";
import { deliveries } from "../tables/postgres.ts";
import { drizzleOver } from "./ask.ts";
import { arraysOf, columnsOf, upserting } from "./columns.ts";
import { failureIn } from "./error.ts";
import { locksOf } from "./locks.ts";
import { createPools } from "./pools.ts";
import { connectTo, prepare } from "./prepare.ts";
import { sharedBy } from "./queries.ts";
import { collectingTransaction } from "./transaction.ts";
import { beginUnhurried, vacuumAndAnalyze } from "./unhurried.ts";
import { moveStatement, moveValuesOf, valuesOf, writeStatement } from "./write-statement.ts";

/**
 * Between two statements the bodies of a page are read, which takes seconds. A pooler may keep the connection of a machine
 * that is gone, and the server cannot know.
 */
const pageIdleLimit = "set local idle_in_transaction_session_timeout = '10min'";

/**
 * Derives every history again from the deliveries, in the order in which they arrived, under a new epoch.
 *
 * It is one transaction: until its end the store is as it was, whatever happens, and replicas go on answering from that.
 * What they are sent meanwhile they answer with 503, for a history that is derived is written by nobody else. Once it is
 * done they end, to be started again. Histories, and the ids of nodes, are the same afterwards; cursors of before are
 * refused with EPOCH_CHANGED.
 * @throws Error where there is no store.
 */
export async function rebuildPostgres({
  url,
  ...options
}: RebuildOptions & { readonly url: string }): Promise<void> {
  await using pools = createPools(url);
  const { schema } = await prepare(pools, { mustExist: true });
  const locks = locksOf(schema);
  const client = pools.connection();
  try {
    await connectTo(client);
    await beginUnhurried(client);
    await client.query(pageIdleLimit);
    // In the order of those who write; nobody's batch is under way then, and none begins.
    await client.query("select pg_advisory_xact_lock($1)", [locks.writing]);
    await client.query("select pg_advisory_xact_lock($1)", [locks.log]);
    // On a server that has taken another's place it is the store of this one from here on.
    await client.query("select present_epoch('', 0)");
    const { rows } = await client.query<{ newest: number }>("select newest_position() as newest");
    const before = rows[0]!.newest;
    const remember = (name: string, value: string) =>
      client.query(
        "insert into meta (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value",
        [name, value],
      );
    // Positions count on from the old log's, and nobody can resume before the new one begins.
    await remember(metaNames.newest, String(before));
    await remember(metaNames.oldest, String(before));
    const epoch = newName();
    await remember(metaNames.epoch, epoch);
    await client.query(setIssuesAside);
    // Not truncated: those who read go on seeing what was there.
    for (const table of ["events", "issues", "projects"]) await client.query(`delete from ${table}`);

    const shared = sharedBy(drizzleOver(client));
    const rewritten = columnsOf(deliveries);
    // How many bytes a body had is not known any more once it is pruned.
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
    throw failureIn(error) ?? error;
  } finally {
    // Rolls back what was not committed.
    await client.end().catch(() => {});
  }
}
