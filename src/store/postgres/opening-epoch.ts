import type pg from "pg";
import { codeOf, lockNotAvailable } from "./error.ts";
import { giveBack, idleLimit } from "./pools.ts";

type OpeningOptions = {
  /** The lock of the log. */
  readonly lock: bigint;
  /** Called each time `waitMs` have passed without the lock: something holds it for long, such as `rebuild`. */
  readonly held: () => void;
  /** How long to wait for the lock before `held` is called and the wait begins again. */
  readonly waitMs?: number;
};

export type Opening = {
  readonly epoch: string;
  /** True if another epoch ended with the opening, because the database was restored. */
  readonly isRestored: boolean;
};

/**
 * The epoch that a replica opens the store in. If a new one is due, it begins that under the log's lock, so that no
 * position is handed out meanwhile. Otherwise it waits for nobody.
 */
export async function openingEpoch(
  pool: pg.Pool,
  { lock, held, waitMs = 5_000 }: OpeningOptions,
): Promise<Opening> {
  const kept = await pool.query<{ epoch: string | null }>("select kept_epoch() as epoch");
  const { epoch } = kept.rows[0]!;
  if (epoch !== null) return { epoch, isRestored: false };
  for (;;) {
    const begun = await beginEpoch(pool, lock, waitMs);
    if (begun !== null) return begun;
    held();
  }
}

/** Null if the lock was not granted in time. */
async function beginEpoch(pool: pg.Pool, lock: bigint, waitMs: number): Promise<Opening | null> {
  const client = await pool.connect();
  try {
    await client.query(
      `begin isolation level read committed; set local lock_timeout = ${waitMs}; set local statement_timeout = 0; ${idleLimit}`,
    );
    await client.query("select pg_advisory_xact_lock($1)", [lock]);
    // The former epoch is read as of before the statement, whatever that changes.
    const { rows } = await client.query<{ epoch: string; former: string | null }>(
      "select present_epoch('', 0) as epoch, (select value from meta where name = 'epoch') as former",
    );
    await client.query("commit");
    client.release();
    const { epoch, former } = rows[0]!;
    return { epoch, isRestored: former !== null && former !== epoch };
  } catch (error) {
    await giveBack(client, error);
    if (codeOf(error) !== lockNotAvailable) throw error;
    return null;
  }
}
