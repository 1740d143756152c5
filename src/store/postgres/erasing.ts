import { setTimeout as wait } from "node:timers/promises";
import type pg from "pg";
import { StorageUnavailableError } from "../../domain/failure.ts";
import { erasing, type Erasing } from "../erase/erasing.ts";
import { metaNames } from "../meta.ts";
import { drizzleOver } from "./drizzle-over.ts";
import { codeOf, failureWithin, lockNotAvailable } from "./error.ts";
import { locksOf } from "./locks.ts";
import { giveBack, goneLimits } from "./pools.ts";
import { sharedBy } from "./reader.ts";

/**
 * How long a step tries to get the lock from all batches, and the pause until the next try. Batches that come meanwhile
 * wait behind a try, and give up after half a second.
 */
const [tryMs, pauseMs] = [300, 200];

/**
 * Most issues that a step erases. Its statements go over a network, and batches that wait for it give up after half a
 * second.
 */
const mostIssues = 20;

/**
 * Erases, each step in a transaction of its own during which no replica writes: a batch that has read what is then
 * erased would write a history that never existed.
 * @param waitMs how long a step waits for batches that are being written (milliseconds each) and for others' steps.
 */
export function erasingSteps(pool: pg.Pool, schema: string, waitMs = 5_000): Erasing {
  const locks = locksOf(schema);

  /** Takes `writing` exclusively. */
  async function waitForBatches(client: pg.ClientBase): Promise<void> {
    const since = performance.now();
    for (;;) {
      await client.query(`savepoint waiting; set local lock_timeout = ${tryMs}`);
      try {
        await client.query("select pg_advisory_xact_lock($1)", [locks.writing]);
        break;
      } catch (error) {
        if (codeOf(error) !== lockNotAvailable || performance.now() - since > waitMs) throw error;
      }
      await client.query("rollback to savepoint waiting");
      await wait(pauseMs);
    }
    await client.query(`set local lock_timeout = ${waitMs}`);
  }

  async function step<Result>(take: (steps: Erasing) => Promise<Result>): Promise<Result> {
    const client = await pool.connect();
    try {
      await client.query(
        // The role's own statement_timeout would end the waiting.
        `begin isolation level read committed; set local statement_timeout = 0; set local lock_timeout = ${waitMs}; ${goneLimits}`,
      );
      await client.query("select pg_advisory_xact_lock($1)", [locks.erasing]);
      await waitForBatches(client);
      await client.query("select pg_advisory_xact_lock($1)", [locks.log]);
      // A step may add to the log. If this server has replaced another, that begins a new epoch, as for every writer.
      await client.query("select present_epoch('', 0)");
      // The newest entry may be among what is erased, and its position is never to be handed out again.
      await client.query(
        `insert into meta (name, value) values ($1, newest_position()::text)
         on conflict (name) do update set value = excluded.value`,
        [metaNames.newest],
      );
      const result = await take(erasing(sharedBy(drizzleOver(client)), { mostIssues }));
      // Every replica looks now and then for something to erase; if there is nothing, nothing is written.
      const isNothing = result === 0 || result === false;
      await client.query(isNothing ? "rollback" : "commit");
      client.release();
      return result;
    } catch (error) {
      await giveBack(client, error);
      if (codeOf(error) === lockNotAvailable)
        throw new StorageUnavailableError(
          "Something else, such as a rebuild, holds the store: nothing more can be erased until it has finished.",
          { cause: error },
        );
      throw failureWithin(error) ?? error;
    }
  }

  return {
    dropBodies: (before, now) => step((one) => one.dropBodies(before, now)),
    dropClosedIssues: (before) => step((one) => one.dropClosedIssues(before)),
    forgetIssue: (sentryId, now) => step((one) => one.forgetIssue(sentryId, now)),
    eraseSetAside: () => step((one) => one.eraseSetAside()),
    issuesIn: (projectId, limit) =>
      erasing(sharedBy(drizzleOver(pool)))
        .issuesIn(projectId, limit)
        .catch((error: unknown) => {
          throw failureWithin(error) ?? error;
        }),
    forgetProject: (projectId) => step((one) => one.forgetProject(projectId)),
  };
}
