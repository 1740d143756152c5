import pg from "pg";
import { codeOf } from "./error.ts";
import { setForSession } from "./pooler.ts";
import { deadAfterMs } from "./promptly.ts";

/**
 * The connections of one replica, 13 at most with the one that listens. Intake, the tail of the log and GraphQL each
 * have their own, so that none of them waits for what is slow in another.
 */
export type Pools = AsyncDisposable & {
  /**
   * Writes. Statements that are asked together are pipelined, and answered in their order. The pool keeps its last
   * connection, so that it can still write to a server that accepts no more.
   */
  readonly intake: pg.Pool;
  /** Reads the end of the log, which takes little and must not wait. */
  readonly log: pg.Pool;
  /**
   * Answers GraphQL. A statement is ended once it has taken as long as one question may. The session's settings see to
   * that, or those of the transaction behind a pooler.
   */
  readonly reading: pg.Pool;
  /** Makes a separate connection, not yet connected, for what has to outlive a question. */
  readonly connection: () => pg.Client;
  /** The same past a pooler, if there is one, for what has to outlive a transaction. */
  readonly directConnection: () => pg.Client;
};

/** How long one question may take. */
const readTimeoutMs = 5_000;

/**
 * How long a question waits for a table that somebody else has locked. If only this side gave up, the question would go
 * on waiting in the server, on a connection that is lost, as would all that come after it.
 */
const lockTimeout = { lock_timeout: "3000" } as const;

/** The settings for a question. */
export const questionSettings = {
  ...lockTimeout,
  statement_timeout: String(readTimeoutMs),
  // Compiling a statistic takes longer than answering it, and now and then very much longer.
  jit: "off",
  // With the default of 4, which is meant for spinning disks, it reads the whole log for a month of it.
  random_page_cost: "1.1",
} as const;

/**
 * For a transaction that takes locks which other replicas wait for. A machine that dies without a sign closes none of
 * its connections: the server would keep their transactions, with those locks, for two hours.
 */
export const idleLimit = "set local idle_in_transaction_session_timeout = 5000";

/** The same for transactions with long answers: one that nobody takes would keep the locks for a quarter of an hour. */
export const goneLimits = `${idleLimit}; set local tcp_user_timeout = 10000`;

/** `int8` and `numeric`: nothing that is kept or counted passes 2^53. */
const numeric: ReadonlySet<number> = new Set([20, 1700]);

/** Reads these two as numbers. All the rest, such as `bytea` as Buffer, is what pg does itself. */
export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (numeric.has(oid) ? Number : pg.types.getTypeParser(oid, format)),
};

/** Most connections in the pool `reading`. */
export const connectionsToRead = 8;

/**
 * Creates the pools. None connects before it is asked something.
 * @param directUrl leads past a pooler that `url` leads to.
 */
export function createPools(url: string, directUrl = url): Pools {
  const common = {
    connectionString: url,
    application_name: "issuewire",
    keepAlive: true,
    // By default the first keep-alive is sent after two hours, and firewalls forget a silent connection sooner. A
    // server that is gone is noticed some ten seconds after the first one, unless it has not acknowledged what was
    // sent: no keep-alive is sent then, and the system tries for a quarter of an hour.
    keepAliveInitialDelayMillis: 30_000,
    types: valueTypes,
  } satisfies pg.ClientConfig;
  // Settings are made once a connection is there: many poolers refuse a connection that asks for them.
  const pools = {
    intake: createPool({ ...common, min: 1, max: 2, pipeline: true, ...waiting(600, deadAfterMs) }),
    log: createPool({
      ...common,
      max: 2,
      onConnect: (client) => setForSession(client, lockTimeout),
      ...waiting(readTimeoutMs, deadAfterMs),
    }),
    reading: createPool({
      ...common,
      max: connectionsToRead,
      pipeline: true,
      onConnect: (client) => setForSession(client, questionSettings),
      ...waiting(readTimeoutMs, readTimeoutMs + 1_000),
    }),
  };
  const connectionTo = (connectionString: string) => () =>
    withoutFalling(newClient({ ...common, connectionString, ...waiting(readTimeoutMs, 0) }));
  return {
    ...pools,
    connection: connectionTo(url),
    directConnection: connectionTo(directUrl),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Object.values(pools).map((pool) => pool.end()));
    },
  };
}

/** @param connectMs how long to wait for a connection, whether it is new or in use. */
function waiting(connectMs: number, answerMs: number) {
  return { connectionTimeoutMillis: connectMs, query_timeout: answerMs } satisfies pg.PoolConfig;
}

function createPool(options: pg.PoolConfig & { readonly pipeline?: boolean }): pg.Pool {
  const pool = new pg.Pool({ ...options, Client: pooledClient as unknown as new () => pg.Client });
  // Both report connections that broke while idle. The pool makes new ones in their place.
  pool.on("error", () => {});
  pool.on("connect", withoutFalling);
  return pool;
}

/**
 * A connection that is not yet connected. For each one pg reads the certificate files that the URL names, which may
 * have been renewed.
 * @throws Error that says what to do if one of these files cannot be read, or if there can be no such port: pg would
 * neither connect nor end.
 */
function newClient(config: pg.ClientConfig): pg.Client {
  try {
    const client = new pg.Client(config);
    if (client.port >= 0 && client.port < 65_536) return client;
    throw new Error("The port of the database, from its URL or from PGPORT, is not the number of a port.");
  } catch (cause) {
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    throw new Error(
      "A file that the database's URL names by sslrootcert, sslcert or sslkey cannot be read: let this user read it, or name another one.",
      { cause },
    );
  }
}

/**
 * The same for a pool, which calls it with `new`, at times where nobody catches what it throws. If a connection cannot
 * be made, it returns one whose `connect` fails with the reason.
 */
function pooledClient(config: pg.ClientConfig): pg.Client {
  try {
    return newClient(config);
  } catch (error) {
    const connect = (told: (error: unknown) => void) => void setImmediate(told, error);
    return Object.assign(new pg.Client(), { connect });
  }
}

/** Listens to the connection's errors, as when it breaks: an `error` event without a listener would end the process. */
function withoutFalling<Client extends pg.ClientBase>(client: Client): Client {
  return client.on("error", () => {});
}

/** A write was refused because the transaction is read-only (`read_only_sql_transaction`). */
const onlyReads = "25006";

/**
 * Rolls back a transaction that has failed with this error, and gives its connection back to the pool. The connection
 * is closed instead if it does not answer, or if the transaction was read-only: its session keeps the settings that the
 * database had when it began, and a new one may be able to write.
 */
export async function giveBack(client: pg.PoolClient, error: unknown): Promise<void> {
  await client.query("rollback").then(
    () => client.release(codeOf(error) === onlyReads),
    () => client.release(true),
  );
}
