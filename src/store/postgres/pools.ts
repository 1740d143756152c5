import pg from "pg";
import { codeOf } from "./error.ts";
import { setForSession } from "./pooler.ts";

/**
 * The connections of one replica, thirteen at most with the one that listens: intake, the tail of the log and GraphQL
 * each have their own, so that none of them waits for what another is slow at.
 */
export type Pools = AsyncDisposable & {
  /**
   * Writes. Statements that are asked for together go out together, and are answered in their order. It keeps the last
   * connection that it has: a server that has none left for others is still written to.
   */
  readonly intake: pg.Pool;
  /** Reads the end of the log, which takes little and must not wait. */
  readonly log: pg.Pool;
  /**
   * Answers GraphQL. A statement is ended once it has taken as long as one question may: by the session's settings, or
   * by the transaction's behind a pooler.
   */
  readonly reading: pg.Pool;
  /** A connection of its own, not yet connected, for what has to outlive a question. */
  readonly connection: () => pg.Client;
  /** One that leads past a pooler, where there is one: for what has to outlive a transaction. */
  readonly directConnection: () => pg.Client;
};

/** How long one question may take. */
const readTimeoutMs = 5_000;

/**
 * How long a question waits for a table that somebody else has locked whole. A question that is given up here alone goes
 * on waiting in the server, on a connection that nobody has any more, beside all that come after it.
 */
const lockTimeout = { lock_timeout: "3000" } as const;

/** What a question is asked under. */
export const questionSettings = {
  ...lockTimeout,
  statement_timeout: String(readTimeoutMs),
  // Compiling a statistic takes longer than answering it, and now and then very much longer.
  jit: "off",
  // By the server's own 4, which is that of a disk with arms, it reads the whole log for a month of it.
  random_page_cost: "1.1",
} as const;

/** A server that does not answer is not waited for longer: TCP alone would wait for minutes. */
const deadAfterMs = 8_000;

/**
 * Asked for by a transaction that takes locks which other replicas wait for. A machine that is gone without a word closes
 * none of its connections, and the server would keep their transactions, and those locks, for two hours.
 */
export const idleLimit = "set local idle_in_transaction_session_timeout = 5000";

/** The same where answers are long: one that nobody takes would keep them for a quarter of an hour. */
export const goneLimits = `${idleLimit}; set local tcp_user_timeout = 10000`;

/** `int8` and `numeric`: nothing that is kept or counted passes 2^53. */
const numeric: ReadonlySet<number> = new Set([20, 1700]);

/** Numbers as numbers; `bytea` as Buffer, like all the rest, is what pg does itself. */
export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (numeric.has(oid) ? Number : pg.types.getTypeParser(oid, format)),
};

/** Most connections that answer what is asked over GraphQL. */
export const connectionsToRead = 8;

/**
 * None of the pools connects before it is asked something.
 * @param directUrl leads past a pooler that `url` leads to.
 */
export function createPools(url: string, directUrl = url): Pools {
  const common = {
    connectionString: url,
    application_name: "issuewire",
    keepAlive: true,
    // Without it the first is sent after two hours. Firewalls forget a silent connection sooner, and a server that is gone is
    // known to be some ten seconds later.
    keepAliveInitialDelayMillis: 30_000,
    types: valueTypes,
  } satisfies pg.ClientConfig;
  // Settings are asked for once a connection is there: many poolers refuse one that asks for them.
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

/** @param connectMs how long a connection is waited for, a new one or one that is in use. */
function waiting(connectMs: number, answerMs: number) {
  return { connectionTimeoutMillis: connectMs, query_timeout: answerMs } satisfies pg.PoolConfig;
}

function createPool(options: pg.PoolConfig & { readonly pipeline?: boolean }): pg.Pool {
  const pool = new pg.Pool({ ...options, Client: pooledClient as unknown as new () => pg.Client });
  // Both tell of connections that broke while nobody asked them anything; a new one takes their place.
  pool.on("error", () => {});
  pool.on("connect", withoutFalling);
  return pool;
}

/**
 * A connection that is not yet connected. For each one pg reads the certificates that the URL names, which may be new ones.
 * @throws Error that says which files these are, where one cannot be read.
 */
function newClient(config: pg.ClientConfig): pg.Client {
  try {
    return new pg.Client(config);
  } catch (cause) {
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    throw new Error(
      "A file that the database's URL names by sslrootcert, sslcert or sslkey cannot be read: let this user read it, or name another one.",
      { cause },
    );
  }
}

/**
 * The same for a pool, which calls it with `new`, and at times where nobody catches what it throws: what cannot be made is a
 * connection that cannot be had.
 */
function pooledClient(config: pg.ClientConfig): pg.Client {
  try {
    return newClient(config);
  } catch (error) {
    const connect = (told: (error: unknown) => void) => void setImmediate(told, error);
    return Object.assign(new pg.Client(), { connect });
  }
}

/** A connection that breaks says so by an event, and one that nobody listens to would end the process. */
function withoutFalling<Client extends pg.ClientBase>(client: Client): Client {
  return client.on("error", () => {});
}

/** What writes was refused because the transaction only reads (`read_only_sql_transaction`). */
const onlyReads = "25006";

/**
 * Ends a transaction that has failed with this error, and gives its connection back to the pool. One that only reads is
 * closed instead, as one that does not answer: its session keeps what the database was set to when it began, a new one
 * may write.
 */
export async function giveBack(client: pg.PoolClient, error: unknown): Promise<void> {
  await client.query("rollback").then(
    () => client.release(codeOf(error) === onlyReads),
    () => client.release(true),
  );
}
