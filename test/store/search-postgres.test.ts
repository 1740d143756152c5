import pg from "pg";
import { describe, expect, it, vi } from "vitest";
import { openPostgresMaintenance } from "../../src/store/postgres/maintenance.ts";
import { hasTextIndex, mayMakeTextIndex } from "../../src/store/postgres/search.ts";
import type { Store } from "../../src/store/store.ts";
import { recordedReport } from "../sentry/recorded-report.ts";
import { told as toldOf } from "./deliveries.ts";
import { onServer, openReplica, openTestPostgres, temporarySchema } from "./open-postgres.ts";

const titles = [
  "100% of checkout_total",
  "100 of checkoutXtotal",
  "Ärger mit İstanbul",
  "back\\slash",
  "nothing",
];
const cases = [
  ["0% of", [1]],
  ["checkout_total", [1]],
  ["checkout", [1, 2]],
  ["ÄRGER", [3]],
  ["k\\s", [4]],
  ["no", [5]],
  ["nowhere", []],
] as const;

/** True while somebody makes the index of this store's texts. */
const isMaking = (url: string) =>
  onServer(async (client) => {
    const { rowCount } = await client.query(
      "select from pg_stat_progress_create_index where relid = 'issues'::regclass and lockers_total > 0",
    );
    return rowCount === 1;
  }, url);

/** True where a search of this replica's is asked in the way that the index answers. */
async function asksTheIndex({ reader }: Store): Promise<boolean> {
  const asked = vi.spyOn(pg.Client.prototype, "query");
  try {
    await reader.issueCount({ filter: { search: "sought" }, now: 0 });
    return asked.mock.calls.some(([config]) =>
      (config as Partial<pg.QueryConfig>).text?.includes('title_folded" like'),
    );
  } finally {
    asked.mockRestore();
  }
}

describe("a search in PostgreSQL", () => {
  it("finds texts by their index, in which no character is a wildcard", async () => {
    await using store = await openTestPostgres();
    for (const [index, title] of titles.entries())
      await store.append(toldOf({ issue: String(index + 1), title, more: { culprit: null, shortId: null } }));
    for (const [search, expected] of cases) {
      const { rows } = await store.reader.issuePage({
        filter: { search },
        order: { field: "FIRST_SEEN", direction: "ASC" },
        now: 0,
        from: "first",
        after: null,
        before: null,
        limit: 10,
      });
      expect([search, rows.map(({ sentryId }) => Number(sentryId))]).toEqual([search, expected]);
    }
    const plan = await onServer(async (client) => {
      await client.query("set enable_seqscan = off");
      const { rows } = await client.query<{ "QUERY PLAN": string }>(
        "explain select 1 from issues where title_folded like '%checkout%' or culprit_folded like '%checkout%' or short_id_folded like '%checkout%'",
      );
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    }, store.url);
    expect(plan).toContain("Bitmap Index Scan on issues_by_text");
  });

  it("has its index made where it is missing, beside those who write, and takes it once it is there", async () => {
    await using store = await openTestPostgres();
    await store.append(toldOf({ title: "what is sought" }));
    await onServer(async (client) => {
      await client.query("drop index issues_by_text");
      await client.query("begin; lock table issues in row exclusive mode");
      await using other = await openReplica(store.url);
      // It waits for whoever has written, and holds up nobody.
      await expect.poll(() => isMaking(store.url)).toBe(true);
      expect(await store.append(toldOf({ issue: "2", at: 1 }))).toMatchObject({ outcome: "APPLIED" });
      expect(await asksTheIndex(other)).toBe(false);
      await client.query("commit");
      await expect.poll(() => asksTheIndex(other)).toBe(true);
      expect(await hasTextIndex(client)).toBe(true);
    }, store.url);
  });

  it("has what is left of an index that was not finished made anew", async () => {
    await using store = await openTestPostgres();
    await onServer(async (client) => {
      await client.query(
        "update pg_index set indisvalid = false where indexrelid = 'issues_by_text'::regclass",
      );
      await using _other = await openReplica(store.url);
      await expect.poll(() => hasTextIndex(client)).toBe(true);
    }, store.url);
  });

  it("is ended with the replica that has its index made", async () => {
    await using store = await openTestPostgres();
    await onServer(async (client) => {
      await client.query("drop index issues_by_text");
      await client.query("begin; lock table issues in row exclusive mode");
      {
        await using _other = await openReplica(store.url);
        await expect.poll(() => isMaking(store.url)).toBe(true);
      }
      await client.query("rollback");
    }, store.url);
    // The server notices only now that nobody waits for it, and goes on until then.
    const making = "select from pg_stat_progress_create_index where relid = 'issues'::regclass";
    await expect
      .poll(() => onServer(async (client) => (await client.query(making)).rowCount, store.url))
      .toBe(0);
  });

  it("has no index made by a command", async () => {
    await using store = await openTestPostgres();
    await onServer(async (client) => {
      await client.query("drop index issues_by_text");
      await (await openPostgresMaintenance(store.url))[Symbol.asyncDispose]();
      const { rowCount } = await client.query(
        "select from pg_class where oid = to_regclass('issues_by_text')",
      );
      expect(rowCount).toBe(0);
    }, store.url);
  });

  it.each([
    ["C", 1],
    ["C.UTF-8", 0],
  ])(
    "with LC_CTYPE %s says so often at its start that it knows no other scripts: %i",
    async (locale, times) => {
      await using schema = await temporarySchema();
      await onServer((client) =>
        client.query(
          `create database ${schema.name}_db template template0 encoding 'UTF8' lc_ctype '${locale}'`,
        ),
      );
      const url = new URL(schema.url);
      url.pathname = `/${schema.name}_db`;
      url.search = "";
      const { report, told } = recordedReport();
      {
        await using _store = await openReplica(url.href, { report });
        await using _other = await openReplica(url.href);
      }
      await onServer((client) => client.query(`drop database ${schema.name}_db`));
      expect(told.filter(([what]) => what === "scriptsUnknown")).toHaveLength(times);
    },
  );

  it("finds them without the index where the role may not make it", async () => {
    await using schema = await temporarySchema();
    const role = `${schema.name}_role`;
    // Another database: in this one the extension is there already.
    await onServer(async (client) => {
      await client.query(`create role ${role} login`);
      await client.query(`create database ${schema.name}_db`);
    });
    const url = new URL(schema.url);
    url.pathname = `/${schema.name}_db`;
    url.search = "";
    await onServer((client) => client.query(`grant usage, create on schema public to ${role}`), url.href);
    url.username = role;
    {
      await using store = await openReplica(url.href);
      await store.append(toldOf({ title: "what is sought" }));
      expect(await store.reader.issueCount({ filter: { search: "sought" }, now: 0 })).toBe(1);
      const client = new pg.Client(url.href);
      await client.connect();
      expect(await mayMakeTextIndex(client)).toBe(false);
      expect(await hasTextIndex(client)).toBe(false);
      await client.end();
    }
    await onServer(async (client) => {
      await client.query(`drop database ${schema.name}_db`);
      await client.query(`drop role ${role}`);
    });
  });
});
