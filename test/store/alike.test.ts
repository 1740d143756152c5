import { expect, it } from "vitest";
import { drizzle as drizzlePostgres } from "drizzle-orm/node-postgres";
import { drizzle } from "drizzle-orm/better-sqlite3";
import type pg from "pg";
import { collectingTransaction } from "../../src/store/postgres/transaction.ts";
import { openReader } from "../../src/store/sqlite/connection.ts";
import { prepareTransaction } from "../../src/store/sqlite/transaction.ts";
import { onServer, openReplica, temporarySchema } from "./open-postgres.ts";
import { openTestStore } from "./open.ts";

/** What is read of a body that is sent again and again must not grow with how often it came. */

const [sha256, other] = ["ab".repeat(32), "cd".repeat(32)];
const many = 3_000;
const before = many + 1;
/** The first, then the newest; of the other body there is none. */
const found = [1, ...Array.from({ length: 100 }, (_, n) => many - 99 + n)];

it("is the first and the newest along an index, in SQLite", async () => {
  await using store = await openTestStore();
  const { client } = openReader(store.file);
  const statements: string[] = [];
  const db = drizzle({ client, logger: { logQuery: (text) => statements.push(text) } });
  const transaction = prepareTransaction({ client, db });
  await transaction.knownBySha256([sha256], before);
  const plans = statements.map((text) =>
    client
      .prepare<unknown[], { readonly detail: string }>(`explain query plan ${text}`)
      .all(Buffer.alloc(32), before, 1)
      .map(({ detail }) => detail),
  );
  client.close();
  const along = ["SEARCH deliveries USING INDEX deliveries_by_sha256 (sha256=? AND rowid<?)"];
  expect(plans).toEqual([along]);
});

it("is the first and the newest along an index, in PostgreSQL", async () => {
  await using schema = await temporarySchema();
  await (await openReplica(schema.url))[Symbol.asyncDispose]();
  await onServer(async (client) => {
    await client.query(
      `insert into deliveries (id, position, received_at, sent_at, is_request_id_reused, outcome, sha256, bytes)
       select i, 0, i, i, false, 'IGNORED', '\\x${sha256}', 1 from generate_series(1, ${many}) i`,
    );
    await client.query("analyze deliveries");
    const statements: pg.QueryConfig[] = [];
    const db = drizzlePostgres({
      client,
      logger: { logQuery: (text, values) => statements.push({ text, values }) },
    });
    const known = await collectingTransaction(db).knownBySha256([sha256, other], before);
    expect(known.map(({ id }) => id)).toEqual(found);
    const [{ text, values = [] }] = statements as [pg.QueryConfig];
    const { rows } = await client.query<{ "QUERY PLAN": readonly [{ readonly Plan: Plan }] }>({
      text: `explain (analyze, format json) ${text}`,
      values,
    });
    expect(readBy(rows[0]!["QUERY PLAN"][0].Plan)).toBe(1 + 100);
  }, schema.url);
});

type Plan = {
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly Plan[];
};

/** How many rows of tables are read. */
function readBy(plan: Plan): number {
  const below = (plan.Plans ?? []).reduce((sum, part) => sum + readBy(part), 0);
  if (plan["Relation Name"] === undefined) return below;
  return below + (plan["Actual Rows"] + (plan["Rows Removed by Filter"] ?? 0)) * plan["Actual Loops"];
}
