import pg from "pg";
import { describe, expect, it, vi } from "vitest";
import { StorageUnavailableError } from "../../src/domain/failure.ts";
import { examinePostgres } from "../../src/store/postgres/doctor.ts";
import { locksOf } from "../../src/store/postgres/locks.ts";
import { openPostgresMaintenance } from "../../src/store/postgres/maintenance.ts";
import { createPools } from "../../src/store/postgres/pools.ts";
import { erasingSteps } from "../../src/store/postgres/erasing.ts";
import { at, told } from "./deliveries.ts";
import { onServer, openReplica, openTestPostgres, temporarySchema } from "./open-postgres.ts";

const token = {
  sha256: "a".repeat(64),
  scope: "read",
  projects: ["7"],
  createdAt: at(0),
  expiresAt: null,
} as const;

describe("doctor by a role that may not read", () => {
  it("says what is to be granted to it, with which it examines all", async () => {
    await using schema = await temporarySchema();
    await (await openReplica(schema.url))[Symbol.asyncDispose]();
    const url = new URL(schema.url);
    url.username = `${schema.name}_reader`;
    const run = async (text: string) => void (await onServer((client) => client.query(text)));
    await run(`create role ${url.username} login; grant usage on schema ${schema.name} to ${url.username}`);
    await using dropping = new AsyncDisposableStack();
    dropping.defer(() => run(`drop owned by ${url.username}; drop role ${url.username}`));
    const examine = () => examinePostgres({ url: url.href, onProgress: () => {} });
    await expect(examine()).rejects.toThrow(/GRANT SELECT ON ALL TABLES .* ON ALL SEQUENCES/);
    await run(
      `grant select on all tables in schema ${schema.name} to ${url.username};
       grant select on all sequences in schema ${schema.name} to ${url.username}`,
    );
    expect(await examine()).toEqual([]);
  });
});

describe("commands on a store in PostgreSQL, beside a gateway", () => {
  it("make and revoke tokens that every replica knows", async () => {
    await using store = await openTestPostgres();
    await using other = await openReplica(store.url);
    await using maintenance = await openPostgresMaintenance(store.url);
    await maintenance.tokens.add({ ...token, name: "board" });
    expect(await other.tokens.list()).toEqual([{ ...token, name: "board" }]);
    await expect(maintenance.tokens.add({ ...token, name: "board" })).rejects.toThrow("There is a token");
    expect(await maintenance.tokens.remove("board")).toBe(true);
    expect(await store.tokens.list()).toEqual([]);
  });

  it("may be the first to open a store: doctor takes it for no other server's", async () => {
    await using schema = await temporarySchema();
    await (await openPostgresMaintenance(schema.url))[Symbol.asyncDispose]();
    expect(await examinePostgres({ url: schema.url, onProgress: () => {} })).toEqual([]);
  });

  it("make and revoke tokens while somebody rebuilds, also where a new epoch is due", async () => {
    await using schema = await temporarySchema();
    await (await openReplica(schema.url))[Symbol.asyncDispose]();
    await onServer(async (client) => {
      await client.query("delete from meta where name = 'instance'");
      await client.query("select pg_advisory_lock($1)", [locksOf(schema.name).log]);
      await using commands = await openPostgresMaintenance(schema.url);
      await commands.tokens.add({ ...token, name: "leaked" });
      expect(await commands.tokens.remove("leaked")).toBe(true);
    }, schema.url);
  });

  it("erase one after the other, so that batches wait for one of them at most", async () => {
    await using schema = await temporarySchema();
    await using all = new AsyncDisposableStack();
    const opening = [1, 2, 3].map(() => openPostgresMaintenance(schema.url));
    const commands = (await Promise.all(opening)).map((one) => all.use(one));
    const { writing } = locksOf(schema.name);
    await onServer(async (client) => {
      await client.query("select pg_advisory_lock($1)", [writing]);
      const steps = commands.map((one) => one.dropClosedIssues(at(0)));
      const waiting = async () => {
        const { rows } = await client.query<{ all: string; writing: string }>(
          `select count(*) as all, count(*) filter (where (classid::bigint << 32) | objid::bigint = $1) as writing
           from pg_locks where locktype = 'advisory' and not granted and (classid::bigint << 32) | objid::bigint = any($2)`,
          [writing, [writing, locksOf(schema.name).erasing]],
        );
        return rows[0]!;
      };
      // Those that wait for their turn wait on; the one that has it tries for the batches again and again.
      let seen = await waiting();
      while (seen.all !== "3") seen = await waiting();
      expect(seen.writing).toBe("1");
      await client.query("select pg_advisory_unlock($1)", [writing]);
      expect(await Promise.all(steps)).toEqual([0, 0, 0]);
    }, schema.url);
  });

  it("wait for a batch that takes long without keeping others from being written", async () => {
    await using store = await openTestPostgres();
    await store.append(told({ issue: "1" }));
    await using maintenance = await openPostgresMaintenance(store.url);
    await onServer(async (client) => {
      const { rows } = await client.query<{ name: string }>("select current_schema() as name");
      const { writing } = locksOf(rows[0]!.name);
      await client.query("begin");
      await client.query("select pg_advisory_xact_lock_shared($1)", [writing]);
      const forgetting = maintenance.forgetIssue("1", at(0));
      const waits =
        "select 1 from pg_locks where not granted and (classid::bigint << 32) | objid::bigint = $1 and mode = 'ExclusiveLock'";
      while ((await client.query(waits, [writing])).rowCount === 0);
      expect(await store.append(told({ issue: "2" }))).toMatchObject({ outcome: "APPLIED" });
      await client.query("rollback");
      expect(await forgetting).toBe(true);
    }, store.url);
  });

  it("say that something holds the store, where nothing can be erased for it", async () => {
    await using store = await openTestPostgres();
    await store.append(told({ issue: "1" }));
    await onServer(async (client) => {
      const { rows } = await client.query<{ name: string }>("select current_schema() as name");
      const schema = rows[0]!.name;
      await using pools = createPools(store.url);
      const steps = erasingSteps(pools.log, schema, 50);
      for (const lock of ["erasing", "writing", "log"] as const) {
        await client.query("begin");
        await client.query("select pg_advisory_xact_lock($1)", [locksOf(schema)[lock]]);
        const refused = await steps.forgetIssue("1", at(0)).catch((error: unknown) => error);
        await client.query("rollback");
        expect(refused, lock).toBeInstanceOf(StorageUnavailableError);
        expect((refused as Error).message).toContain("Something else, such as a rebuild, holds the store");
      }
      expect(await steps.forgetIssue("1", at(0))).toBe(true);
    }, store.url);
  });

  it("find the issues of a project without waiting for whoever writes", async () => {
    await using store = await openTestPostgres();
    await store.append(told());
    await using commands = await openPostgresMaintenance(store.url);
    await onServer(async (client) => {
      const { rows } = await client.query<{ name: string }>("select current_schema() as name");
      await client.query("select pg_advisory_lock($1)", [locksOf(rows[0]!.name).writing]);
      expect(await commands.issuesIn("7", 10)).toEqual(["1"]);
    }, store.url);
  });

  it("forget an issue in a few statements, however many deliveries it has", async () => {
    await using store = await openTestPostgres();
    await using commands = await openPostgresMaintenance(store.url);
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => store.append(told({ at: index, count: index }))),
    );
    const asked = vi.spyOn(pg.Client.prototype, "query");
    try {
      expect(await commands.forgetIssue("1", at(100))).toBe(true);
      // The gateway asks by connections of its own.
      const forgetting = asked.mock.calls.findIndex(([config]) => {
        const text = typeof config === "string" ? config : (config as Partial<pg.QueryConfig>).text;
        return text?.startsWith('delete from "issues"');
      });
      const { contexts } = asked.mock;
      const those = contexts.filter((client) => client === contexts[forgetting]);
      expect(those.length).toBeGreaterThan(3);
      expect(those.length).toBeLessThan(30);
    } finally {
      asked.mockRestore();
    }
  });

  it("say of what could not be kept or found that the store failed, and not what was to be written or asked for", async () => {
    await using schema = await temporarySchema();
    await using commands = await openPostgresMaintenance(schema.url);
    await onServer((client) => client.query("drop table tokens, deliveries"), schema.url);
    await expect(commands.tokens.add({ ...token, name: "one" })).rejects.toThrow(StorageUnavailableError);
    await expect(commands.tokens.remove("one")).rejects.toThrow(StorageUnavailableError);
    await expect(commands.hasDelivery(token.sha256)).rejects.toThrow(StorageUnavailableError);
  });

  it("forget an issue, tell followers, and let it begin anew in a replica that still had it in memory", async () => {
    await using store = await openTestPostgres();
    await store.append(told({ issue: "1", at: 0 }));
    await store.append(told({ issue: "2", at: 1 }));
    await using maintenance = await openPostgresMaintenance(store.url);
    expect(await maintenance.findIssue("WEB-1")).toBe("1");
    expect(await maintenance.forgetIssue("1", at(50))).toBe(true);
    expect(await maintenance.forgetIssue("1", at(50))).toBe(false);
    expect([...(await store.reader.issues(["1", "2"])).keys()]).toEqual(["2"]);
    expect((await store.reader.entriesAfter(2, 10)).map(({ event }) => [event.seq, event.role])).toEqual([
      [3, "forgotten"],
    ]);
    const again = await store.append(told({ issue: "1", at: 60, action: "resolved", status: "resolved" }));
    expect(again).toMatchObject({ outcome: "APPLIED", position: 4 });
    const history = await store.reader.eventPages(["1"], {
      from: "first",
      after: null,
      before: null,
      limit: 10,
      actions: null,
    });
    expect(history.get("1")!.rows.map(({ seq, transition }) => [seq, transition?.from])).toEqual([[4, null]]);
  });

  it("tell of a forgotten issue under a new epoch where the server was replaced since they were opened", async () => {
    await using schema = await temporarySchema();
    const epochIn = () =>
      onServer(async (client) => {
        const { rows } = await client.query<{ value: string }>("select value from meta where name = 'epoch'");
        return rows[0]!.value;
      }, schema.url);
    {
      await using store = await openReplica(schema.url);
      await store.append(told());
    }
    await using maintenance = await openPostgresMaintenance(schema.url);
    const epoch = await epochIn();
    await onServer(
      (client) => client.query("update meta set value = 'x.00000001' where name = 'instance'"),
      schema.url,
    );
    expect(await maintenance.forgetIssue("1", at(50))).toBe(true);
    expect(await epochIn()).not.toBe(epoch);
  });

  it("do not leave a follower with half of an issue that is forgotten while it reads the log", async () => {
    await using store = await openTestPostgres();
    await store.append(told({ issue: "1", at: 0 }));
    await store.append(told({ issue: "2", at: 1 }));
    const entries = await onServer(async (client) => {
      // What deliveries held is read after the entries, and only once this transaction has ended.
      await client.query("begin; lock table contents in access exclusive mode");
      const reading = store.reader.entriesAfter(0, 10);
      const waits = "select 1 from pg_locks where not granted and relation = 'contents'::regclass";
      while ((await client.query(waits)).rowCount === 0);
      for (const [table, column] of [
        ["contents", "delivery"],
        ["events", "delivery"],
        ["deliveries", "id"],
      ] as const)
        await client.query(`delete from ${table} where ${column} = 1`);
      await client.query("commit");
      return reading;
    }, store.url);
    expect(entries.map(({ event, after }) => [event.issueId, after.fields.title])).toEqual([
      ["2", "TypeError: x is undefined"],
    ]);
  });

  it("drop closed issues without handing out a position twice, and bodies alone", async () => {
    await using store = await openTestPostgres();
    await store.append(told({ issue: "2", at: 0 }));
    await store.append(told({ issue: "1", at: 1, action: "resolved", status: "resolved" }));
    await using maintenance = await openPostgresMaintenance(store.url);
    expect(await maintenance.dropBodies(at(1), Infinity)).toBe(1);
    expect((await store.reader.bodies([1, 2])).size).toBe(1);
    const { newest } = await store.reader.bounds();
    expect(await maintenance.dropClosedIssues(at(10))).toBe(1);
    expect(await store.reader.bounds()).toMatchObject({ newest, oldest: newest });
    const { position } = await store.append(told({ issue: "3", at: 70 }));
    expect(position).toBe(newest + 1);
  });
});
