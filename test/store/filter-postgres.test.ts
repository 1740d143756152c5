import pg from "pg";
import { drizzleOver } from "../../src/store/postgres/ask.ts";
import { postgresDialect as dialect } from "../../src/store/postgres/dialect.ts";
import { migrate } from "../../src/store/postgres/migrate.ts";
import { sharedBy } from "../../src/store/postgres/queries.ts";
import { filterContract } from "./filter-contract.ts";
import { temporarySchema } from "./open-postgres.ts";

/** Empty tables in a transaction that is never committed, so that nothing is left of them. */
filterContract("PostgreSQL", async () => {
  const schema = await temporarySchema();
  const client = new pg.Client(schema.url);
  await client.connect();
  await migrate(client);
  await client.query("begin");
  return {
    ...sharedBy(drizzleOver(client)),
    dialect,
    async [Symbol.asyncDispose]() {
      await client.end();
      await schema[Symbol.asyncDispose]();
    },
  };
});
