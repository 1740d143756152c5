import Database from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { migrate } from "drizzle-orm/better-sqlite3/migrator";
import { withPrepared } from "../../src/store/sqlite/connection.ts";
import { openSearch } from "../../src/store/sqlite/search.ts";
import { letBeStopped } from "../../src/store/sqlite/stoppable.ts";

/** An empty database with everything that the store's has. `asked` gets each statement that Drizzle runs. */
export function openInMemory(asked: (sql: string, params: unknown[]) => void = () => {}) {
  const client = new Database(":memory:");
  const db = drizzle({ client: withPrepared(client), logger: { logQuery: asked } });
  migrate(db, { migrationsFolder: new URL("../../drizzle/sqlite", import.meta.url).pathname });
  openSearch(client);
  letBeStopped(client, () => false);
  return { client, db, [Symbol.dispose]: () => void client.close() };
}
