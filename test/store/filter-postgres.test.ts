import pg from "pg";
import { afterAll } from "vitest";
import { drizzleOver } from "../../src/store/postgres/drizzle-over.ts";
import { postgresDialect } from "../../src/store/postgres/dialect.ts";
import { migrate } from "../../src/store/postgres/migrate.ts";
import { sharedBy } from "../../src/store/postgres/reader.ts";
import { hasTextIndex } from "../../src/store/postgres/search.ts";
import { filterContract } from "./filter-contract.ts";
import { temporarySchema } from "./open-postgres.ts";

/** Tables for all of them, which each sees empty and leaves empty: its transaction is never committed. */
const schema = await temporarySchema();
const client = new pg.Client(schema.url);
await client.connect();
await migrate(client);
const hasSearch = await hasTextIndex(client);
afterAll(async () => {
  await client.end();
  await schema[Symbol.asyncDispose]();
});

filterContract(
  "PostgreSQL",
  async () => {
    await client.query("begin");
    return {
      ...sharedBy(drizzleOver(client)),
      dialect: postgresDialect(hasSearch),
      async [Symbol.asyncDispose]() {
        await client.query("rollback");
      },
    };
  }, // Each run asks a server several times.
  { runs: 400 },
);
