import { assertDurable } from "./durability.ts";
import { codeOf } from "./error.ts";
import { migrate, type MigrateOptions, type Opened } from "./migrate.ts";
import type { Pools } from "./pools.ts";

/**
 * Makes sure that the server is one to rely on, and that its tables are up to date.
 * @throws Error that says what is wrong with the server and what to do.
 */
export async function prepare(
  { connection }: Pick<Pools, "connection">,
  options: MigrateOptions = {},
): Promise<Opened> {
  const client = connection();
  try {
    await client.connect();
    await assertDurable(client);
    return await migrate(client, options);
  } catch (error) {
    if (codeOf(error) !== null || !(error instanceof Error) || !("code" in error)) throw error;
    throw new Error("PostgreSQL cannot be reached: see DATABASE_URL.", { cause: error });
  } finally {
    await client.end();
  }
}
