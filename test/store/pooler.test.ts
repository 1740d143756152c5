import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { copyStore } from "../../src/store/copy.ts";
import { examinePostgres } from "../../src/store/postgres/doctor.ts";
import { openPostgresMaintenance } from "../../src/store/postgres/maintenance.ts";
import { createPools } from "../../src/store/postgres/pools.ts";
import { questionsOn } from "../../src/store/postgres/reads.ts";
import { rebuildPostgres } from "../../src/store/postgres/rebuild.ts";
import { readBody } from "../../src/sentry/payload.ts";
import { startPooler, type Pooler } from "../postgres/pooler.ts";
import { at, told } from "./deliveries.ts";
import { openStoreIn, temporaryFolder } from "./open.ts";
import { acknowledged, onServer, openReplica, temporarySchema } from "./open-postgres.ts";

type Left = { readonly jit: string; readonly timeout: string; readonly held: number };

/** What lasts in each of the pooler's sessions, once nobody uses any of them. */
async function left({ url, sessions }: Pooler): Promise<readonly Left[]> {
  return onServer(async (client) => {
    const found = new Map<number, Left>();
    // One that was in the middle of a transaction when it was left is replaced by another.
    while (found.size < sessions) {
      const { rows } = await client.query<Left & { pid: number }>(
        `select pg_backend_pid() as pid, current_setting('jit') as jit,
           current_setting('statement_timeout') as timeout,
           (select count(*) from pg_listening_channels())::integer
           + (select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory')::integer as held`,
      );
      const { pid, ...lasting } = rows[0]!;
      found.set(pid, lasting);
    }
    return [...found.values()];
  }, url);
}

const nothing = { jit: "on", timeout: "0", held: 0 };

describe("behind a pooler of transactions", () => {
  it("replicas and commands do what they do, and leave nothing in sessions that others go on with", async () => {
    await using schema = await temporarySchema();
    await using pooler = await startPooler(schema.url);
    {
      await using one = await openReplica(pooler.url);
      await using other = await openReplica(pooler.url);
      const deliveries = Array.from({ length: 40 }, (_, index) => told({ issue: `${index % 9}`, at: index }));
      await Promise.all(
        deliveries.map((delivery, index) => acknowledged(index % 2 === 0 ? one : other, delivery)),
      );
      const log = await one.reader.entriesAfter(0, 100);
      expect(log.length).toBeGreaterThan(9);
      expect(await other.reader.entriesAfter(0, 100)).toEqual(log);
      await using moment = await one.readTransaction();
      expect((await moment.bounds()).newest).toBe(log.at(-1)!.event.seq);
      expect((await moment.issues(["1", "2"])).size).toBe(2);
    }
    {
      await using maintenance = await openPostgresMaintenance(pooler.url);
      expect(await maintenance.forgetIssue("1", at(100))).toBe(true);
      expect(await maintenance.dropBodies(at(200), Infinity)).toBeGreaterThan(0);
    }
    await rebuildPostgres({ url: pooler.url, read: readBody, onProgress: () => {}, onFault: () => {} });
    expect(await examinePostgres({ url: pooler.url, onProgress: () => {} })).toEqual([]);
    expect(await left(pooler)).toEqual(Array.from({ length: pooler.sessions }, () => nothing));
    expect(pooler.strays()).toBe(0);
  });

  it("what is left in a session would be found", async () => {
    await using schema = await temporarySchema();
    await using pooler = await startPooler(schema.url);
    await onServer(async (client) => {
      for (const statement of [
        "set jit = off",
        "set statement_timeout = 5000",
        "select pg_advisory_lock(1)",
        "listen changes",
      ])
        await client.query(statement);
    }, pooler.url);
    for (const one of await left(pooler)) expect(one).not.toEqual(nothing);
  });

  describe("whose sessions end what takes long", () => {
    /** A schema of its own with tables in it, and a way there by sessions that let nothing take longer than a second. */
    async function hurried() {
      await using opened = new AsyncDisposableStack();
      const schema = opened.use(await temporarySchema());
      await (await openReplica(schema.url))[Symbol.asyncDispose]();
      const url = new URL(schema.url);
      const options = url.searchParams.get("options")!;
      url.searchParams.set("options", `${options} -c statement_timeout=1000 -c transaction_timeout=1000`);
      const { url: pooled } = opened.use(await startPooler(url.href));
      const running = opened.move();
      return {
        pooled,
        direct: schema.url,
        /** Has what is done in the schema take longer than that. */
        slowDown: (when: string) =>
          onServer(
            (client) =>
              client.query(
                `create function slow() returns trigger language plpgsql as
                   $$ begin perform pg_sleep(1.2); return null; end $$;
                 create trigger slowly ${when} for each statement execute function slow()`,
              ),
            schema.url,
          ),
        [Symbol.asyncDispose]: () => running.disposeAsync(),
      };
    }

    it("rebuild takes as long as it takes", async () => {
      await using stores = await hurried();
      {
        await using store = await openReplica(stores.direct);
        await store.append(told());
      }
      await stores.slowDown("before delete on issues");
      await rebuildPostgres({ url: stores.pooled, read: readBody, onProgress: () => {}, onFault: () => {} });
      expect(await examinePostgres({ url: stores.direct, onProgress: () => {} })).toEqual([]);
    });

    it("an upgrade takes as long as it takes", async () => {
      await using stores = await hurried();
      await onServer(
        (client) =>
          client.query("delete from migrations where made_at = (select max(made_at) from migrations)"),
        stores.direct,
      );
      await stores.slowDown("before insert on migrations");
      await using store = await openReplica(stores.pooled);
      expect(await acknowledged(store, told())).toMatchObject({ outcome: "APPLIED" });
    });

    it("a copy takes as long as it takes", async () => {
      await using stores = await hurried();
      using folder = temporaryFolder();
      const file = join(folder.path, "issuewire.db");
      {
        await using store = await openStoreIn(file);
        await store.append(told());
      }
      await stores.slowDown("before insert on deliveries");
      const copied = await copyStore({ file, url: stores.pooled, onProgress: () => {} });
      expect(copied).toMatchObject({ isWhole: true, beganAnew: null });
    });

    it("doctor takes as long as it takes", async () => {
      await using stores = await hurried();
      await onServer(
        (client) =>
          client.query(
            `create or replace function present_instance() returns text language plpgsql as
               $$ begin perform pg_sleep(1.2); return (select value from meta where name = 'instance'); end $$`,
          ),
        stores.direct,
      );
      expect(await examinePostgres({ url: stores.pooled, onProgress: () => {} })).toEqual([]);
    });
  });

  it("questions are bounded as they are on a direct connection", async () => {
    await using schema = await temporarySchema();
    await using pooler = await startPooler(schema.url);
    for (const [url, isPooled] of [
      [schema.url, false],
      [pooler.url, true],
    ] as const) {
      await using pools = createPools(url);
      const questions = questionsOn(pools.reading, { isPooled });
      const text = "select current_setting('statement_timeout') as timeout, current_setting('jit') as jit";
      const asked = await Promise.all(Array.from({ length: 20 }, () => questions.query({ text })));
      for (const { rows } of asked) expect(rows).toEqual([{ timeout: "5s", jit: "off" }]);
      const wrong = questions.query({ text: "select 1 / 0" });
      await expect(wrong).rejects.toThrow("division by zero");
    }
  });

  it("a replica that is told a way past the pooler hears what others commit", async () => {
    await using schema = await temporarySchema();
    await using pooler = await startPooler(schema.url);
    let ring = Promise.withResolvers<void>();
    const onCommit = () => ring.resolve();
    await using _replica = await openReplica(pooler.url, { directUrl: schema.url, onCommit });
    // That it listens now.
    await ring.promise;
    ring = Promise.withResolvers<void>();
    await using other = await openReplica(pooler.url);
    await other.append(told());
    await ring.promise;
  });

  it.each([["refuses", []] as const, ["leaves out", ["options"]] as const])(
    "that %s the options of a connection, the store of another schema is not taken for the one that was asked for",
    async (_what, ignored) => {
      await using schema = await temporarySchema();
      await using other = await temporarySchema();
      await using pooler = await startPooler(other.url, { ignored });
      const url = new URL(pooler.url);
      url.searchParams.set("options", `-c search_path=${schema.name}`);
      const said = "drops the options in DATABASE_URL";
      await expect(openReplica(url.href)).rejects.toThrow(said);
      await expect(examinePostgres({ url: url.href, onProgress: () => {} })).rejects.toThrow(said);
      // The same options are no fault where they say what the sessions have anyway.
      url.searchParams.set("options", `-c search_path=${other.name}`);
      if (ignored.length > 0) await (await openReplica(url.href))[Symbol.asyncDispose]();
    },
  );
});
