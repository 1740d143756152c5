import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { openTestStore } from "../store/open.ts";
import { onServer, openReplica, temporarySchema } from "../store/open-postgres.ts";
import { answerOf, deliveries, now, questions } from "./questions.ts";

const stores: { readonly name: string; readonly store: Store }[] = [];
const opened = new AsyncDisposableStack();

/** A store in each database, under the same epoch, so that cursors are the same. */
beforeAll(async () => {
  const sqlite = opened.use(await openTestStore({ now: () => now }));
  const { epoch } = await sqlite.reader.bounds();
  const schema = opened.use(await temporarySchema());
  await (await openReplica(schema.url))[Symbol.asyncDispose]();
  await onServer(
    (client) => client.query("update meta set value = $1 where name = 'epoch'", [epoch]),
    schema.url,
  );
  const postgres = opened.use(await openReplica(schema.url, { now: () => now }));
  stores.push({ name: "SQLite", store: sqlite }, { name: "PostgreSQL", store: postgres });
  const all = await deliveries();
  for (const { store } of stores) {
    // A life in a transaction of each delivery, and the rest in few.
    for (const one of all.slice(0, 20)) await store.append(one);
    await Promise.all(all.slice(20).map((one) => store.append(one)));
  }
}, 60_000);
afterAll(() => opened.disposeAsync());

describe("what GraphQL answers on PostgreSQL", () => {
  it.each(questions.map((question) => ({ question, begin: question.slice(0, 90) })))(
    "is byte for byte what it answers on SQLite: $begin",
    async ({ question }) => {
      const [onSqlite, onPostgres] = await Promise.all(stores.map(({ store }) => answerOf(store, question)));
      expect(onSqlite).toContain('"data"');
      expect(onSqlite).not.toContain('"errors"');
      expect(onPostgres).toBe(onSqlite);
    },
  );

  it("and every body is what was sent", async () => {
    const all = await deliveries();
    const ids = all.map((_, index) => index + 1);
    for (const { store } of stores) {
      const bodies = await store.reader.bodies(ids);
      expect(ids.map((id) => bodies.get(id))).toEqual(all.map(({ body }) => body));
    }
  });
});
