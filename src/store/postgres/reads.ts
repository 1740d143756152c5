import type pg from "pg";
import { OverloadedError, StorageUnavailableError } from "../../domain/failure.ts";
import type { ReadTransaction } from "../reader.ts";
import type { Connection } from "./drizzle-over.ts";
import { questionSettings } from "./pools.ts";
import { readerOf } from "./reader.ts";

/** Most questions that wait for a connection; past this one is refused with OverloadedError. */
const maxAsking = 1_000;

const settings = Object.entries(questionSettings).map(([name, value]) => `set local ${name} = ${value}`);

/** A transaction of one question. */
const beginQuestion = ["begin isolation level read committed read only", ...settings].join("; ");

/** A transaction of several questions. The server ends one that is idle for 30 s. */
const beginMoment = [
  "begin isolation level repeatable read read only",
  "set local idle_in_transaction_session_timeout = 30000",
  ...settings,
].join("; ");

/**
 * Asks on whichever connection the pool has free.
 * @param pool its connections pipeline statements.
 */
export function questionsOn(pool: pg.Pool, { isPooled }: { readonly isPooled: boolean }): Connection {
  return {
    query: (config) => {
      if (pool.waitingCount >= maxAsking)
        return Promise.reject(new OverloadedError("Too many questions are waiting."));
      return isPooled ? askInTransaction(pool, config) : pool.query(config);
    },
  };
}

/** Behind a pooler a session's settings may be anybody's, so the question brings its own in a transaction. */
async function askInTransaction(pool: pg.Pool, config: pg.QueryConfig): Promise<pg.QueryResult> {
  const client = await pool.connect();
  const [, answer] = await Promise.allSettled([
    client.query(beginQuestion),
    client.query(config),
    client.query("commit"),
  ]);
  client.release(answer.status === "rejected");
  if (answer.status === "rejected") throw answer.reason;
  return answer.value;
}

/**
 * Begins a transaction that reads one moment of the store.
 * @throws StorageUnavailableError if no connection could be had.
 */
export async function beginReading(
  pool: pg.Pool,
  options: Parameters<typeof readerOf>[1],
): Promise<ReadTransaction> {
  const client = await connect(pool);
  // One question after the other.
  let last: Promise<unknown> = Promise.resolve();
  const reader = readerOf(
    {
      query: (config) => {
        const answer = last.then(() => client.query(config));
        last = answer.catch(() => {});
        return answer;
      },
    },
    options,
  );
  let isOver = false;
  return {
    ...reader,
    [Symbol.asyncDispose]: async () => {
      if (isOver) return;
      isOver = true;
      await last
        .then(() => client.query("rollback"))
        .then(
          () => client.release(),
          () => client.release(true),
        );
    },
  };
}

/** A connection of the pool, with a transaction begun. */
async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    const client = await pool.connect();
    await client.query(beginMoment).catch((error: unknown) => {
      client.release(true);
      throw error;
    });
    return client;
  } catch (error) {
    throw new StorageUnavailableError("No connection to read with was free or could be made.", {
      cause: error,
    });
  }
}
