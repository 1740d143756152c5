import type pg from "pg";
import { assertDurable } from "./durability.ts";
import { codeOf } from "./error.ts";
import { migrate, type MigrateOptions } from "./migrate.ts";
import { assertSearchPath, howToNameSchema, isPooled } from "./pooler.ts";
import type { Pools } from "./pools.ts";
import { promptly, unreachable } from "./promptly.ts";
import { liftTimeouts } from "./without-timeouts.ts";

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const tooManyConnections = "53300";
const noSuchDatabase = "3D000";

/** What is known of the store and of the way to it. */
export type Prepared = {
  readonly schema: string;
  /** True if a pooler stands before the server. */
  readonly isPooled: boolean;
};

/**
 * Asserts that the server's settings are safe, and brings its tables up to date.
 * @throws Error that says what is wrong with the server and what to do.
 */
export async function prepare(
  { connection }: Pick<Pools, "connection">,
  options: MigrateOptions = {},
): Promise<Prepared> {
  const client = connection();
  try {
    await connectTo(client);
    await assertDurable(client);
    return {
      schema: await migrate(client, options),
      isPooled: await promptly(client, isPooled(client)),
    };
  } finally {
    await promptly(client, client.end());
  }
}

/**
 * Connects, asserts that the schema is the one that was asked for, and lifts the time limits (`liftTimeouts`).
 * @throws Error that says what to do.
 */
export async function connectTo(client: pg.Client): Promise<void> {
  try {
    await client.connect();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("unsupported startup parameter"))
      throw new Error(howToNameSchema, { cause: error });
    if (codeOf(error) === tooManyConnections)
      throw new Error(
        "PostgreSQL accepts no more connections: raise max_connections (each replica opens up to 13), or close some.",
        { cause: error },
      );
    if (codeOf(error) === noSuchDatabase)
      throw new Error("PostgreSQL has no database of that name: create it, or correct its URL.", {
        cause: error,
      });
    if (error instanceof Error && "code" in error && /CERT|SIGNATURE/.test(String(error.code)))
      throw new Error(
        "PostgreSQL's certificate is not trusted: name the CA's file with sslmode=verify-full&sslrootcert=… in the database's URL, and the server by a name that is in the certificate.",
        { cause: error },
      );
    if (codeOf(error) !== null || !(error instanceof Error)) throw error;
    throw "code" in error || error.message === "timeout expired" ? unreachable(error) : error;
  }
  await promptly(client, assertSearchPath(client));
  await promptly(client, liftTimeouts(client));
}
