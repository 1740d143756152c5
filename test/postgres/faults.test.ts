import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import type pg from "pg";
import { describe, expect, inject, it } from "vitest";
import { StorageUnavailableError } from "../../src/domain/failure.ts";
import { locksOf } from "../../src/store/postgres/locks.ts";
import { openPostgresMaintenance } from "../../src/store/postgres/maintenance.ts";
import { createBell } from "../../src/stream/bell.ts";
import { startTail } from "../../src/stream/tail.ts";
import { startPostgres } from "../postgres-server.ts";
import { told } from "../store/deliveries.ts";
import { silentReport } from "../store/open.ts";
import {
  acknowledged,
  onServer,
  openReplica,
  temporaryOwner,
  temporarySchema,
} from "../store/open-postgres.ts";
import { survivesCuts, survivesServerRestarts, twoReplicas, whole } from "./experiments.ts";
import { startProxy } from "./proxy.ts";

describe("two replicas on one database", () => {
  it("tell of an entry that commits late before those after it", async () => {
    const { seen, all } = await followALateCommit({ isNaive: false });
    expect(seen).toEqual(all);
  });

  it("would miss one if positions were given out without the lock: the control", async () => {
    const { seen, all } = await followALateCommit({ isNaive: true });
    expect(all).toEqual([1, 2]);
    expect(seen).toEqual([2]);
  });

  it("hear of each other by polling alone", async () => {
    await using replicas = await twoReplicas();
    await using tail = await startTail({
      log: replicas.one.reader,
      bell: createBell(),
      report: silentReport(),
      pollMs: 20,
      windowSize: 100,
    });
    using _follower = tail.window.join();
    await replicas.other.append(told());
    while (tail.window.newest < 1) await tail.window.bell.after(tail.window.bell.rings, signal(), 20);
    expect(tail.window.after(0, 10)).toHaveLength(1);
  });

  it("hear of each other again after the connection that listens was cut", async () => {
    await using schema = await temporarySchema();
    const rings = createBell();
    const failures: unknown[] = [];
    const report = { ...silentReport(), listenerFailed: (error: unknown) => failures.push(error) };
    await using listening = await openReplica(schema.url, { report, onCommit: () => rings.ring() });
    await rings.after(0, signal());
    const before = rings.rings;
    await onServer((client) =>
      client.query("select pg_terminate_backend(pid) from pg_stat_activity where query like $1", [
        `listen %${schema.name}%`,
      ]),
    );
    await using other = await openReplica(schema.url);
    await other.append(told());
    // It rings when it listens again, for what it may not have heard.
    while (rings.rings === before) await rings.after(before, signal());
    expect((await listening.reader.bounds()).newest).toBe(1);
    expect(failures).not.toEqual([]);
  });

  it("lose and repeat nothing acknowledged while their connections are cut", async () => {
    expect((await survivesCuts(8)).cut).toBeGreaterThan(0);
  });

  it("take one delivery that comes to both of them many times at once for one", async () => {
    await using replicas = await twoReplicas();
    const delivery = told({ requestId: "a".repeat(32) });
    const receipts = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        acknowledged(index % 2 === 0 ? replicas.one : replicas.other, delivery),
      ),
    );
    expect(receipts.filter(({ outcome }) => outcome === "APPLIED")).toHaveLength(1);
    expect(receipts.filter(({ outcome }) => outcome === "DUPLICATE")).toHaveLength(199);
    expect(await whole(replicas.one)).toHaveLength(1);
  });

  it("do not overtake whoever has the log: they keep nothing meanwhile, and come after it when they are told again", async () => {
    await using replicas = await twoReplicas();
    await onServer(async (client) => {
      await client.query("select pg_advisory_lock($1)", [locksOf(replicas.name).log]);
      await expect(replicas.one.append(told({ issue: "1" }))).rejects.toThrow(StorageUnavailableError);
      expect(await whole(replicas.other)).toEqual([]);
    });
    expect((await acknowledged(replicas.one, told({ issue: "1" }))).position).toBe(1);
  });

  it.each([
    {
      what: "a batch",
      statement: "lock_log(",
      async begin(url: string) {
        await using store = await openReplica(url);
        await store.append(told());
      },
    },
    {
      what: "what erases",
      statement: "insert into meta",
      async begin(url: string) {
        await using command = await openPostgresMaintenance(url);
        await command.dropBodies(0, Infinity);
      },
    },
  ])("go on within seconds where one is gone without a word in the midst of $what", async (gone) => {
    await using replicas = await twoReplicas();
    await using proxy = await startProxy(Number(new URL(replicas.url).port));
    const muted = proxy.muteAt(gone.statement);
    const begun = gone.begin(proxy.through(replicas.url)).catch((error: unknown) => error);
    // It has its locks by then.
    await muted;
    await acknowledged(replicas.one, told());
    proxy.cut();
    expect(await begun).toBeInstanceOf(Error);
  });

  it("leave no question waiting in the server for a table that somebody else has locked", async () => {
    await using replicas = await twoReplicas();
    const { reader } = replicas.one;
    const { rows } = await onServer(async (client) => {
      await client.query("begin; lock table events, issues in access exclusive mode");
      const asked = await Promise.allSettled([
        reader.bounds(),
        reader.entriesAfter(0, 10),
        reader.issues(["1"]),
      ]);
      for (const answer of asked)
        expect(answer).toMatchObject({ reason: expect.any(StorageUnavailableError) });
      // What looks for something to erase asks for the store's own locks first, and waits longer.
      return client.query(
        `select query from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'
           and pid not in (select pid from pg_locks where locktype = 'advisory')`,
        [replicas.name],
      );
    }, replicas.url);
    expect(rows).toEqual([]);
    expect(await whole(replicas.one)).toEqual([]);
  });

  it("are not ready for as long as one of the tables cannot be written, though others can", async () => {
    await using replicas = await twoReplicas();
    const { one } = replicas;
    await onServer((client) => client.query("alter table contents rename to elsewhere"), replicas.url);
    await expect(one.append(told())).rejects.toThrow(StorageUnavailableError);
    expect(await one.canWrite()).toBe(false);
    await onServer((client) => client.query("alter table elsewhere rename to contents"), replicas.url);
    expect(await one.canWrite()).toBe(true);
    expect(await one.append(told())).toMatchObject({ outcome: "APPLIED", position: 1 });
  });

  it("are not ready on a disk that is full for what a delivery holds, though not for a single row", async () => {
    await using replicas = await twoReplicas();
    const { one } = replicas;
    const onSchema = (text: string) => onServer((client) => client.query(text), replicas.url);
    await onSchema(`
      create function full_disk() returns trigger language plpgsql as $$
        begin raise exception 'No space left on device' using errcode = 'disk_full'; end $$;
      create trigger full_disk before insert on contents for each row execute function full_disk()`);
    await expect(one.append(told())).rejects.toThrow(StorageUnavailableError);
    for (let asked = 0; asked < 3; asked += 1) expect(await one.canWrite()).toBe(false);
    await onSchema("drop trigger full_disk on contents");
    expect(await one.canWrite()).toBe(true);
    expect(await one.append(told())).toMatchObject({ outcome: "APPLIED", position: 1 });
    expect([...(await one.reader.bodies([-1, -32])).keys()]).toEqual([]);
  });

  it("leave no gap in the log where transactions are rolled back, though these have used up ids", async () => {
    await using replicas = await twoReplicas();
    await onServer(
      (client) =>
        client.query(`
          create function refuse() returns trigger language plpgsql as
            'begin if new.issue_id like ''9%'' then raise exception ''refused''; end if; return null; end';
          create constraint trigger refused after insert on events deferrable initially deferred
            for each row execute function refuse();
        `),
      replicas.url,
    );
    const kept: number[] = [];
    for (let index = 0; index < 60; index += 1) {
      const [store, isRefused] = [index % 2 === 0 ? replicas.one : replicas.other, index % 3 === 0];
      const appending = store.append(told({ issue: `${isRefused ? 9 : 1}${index}`, project: null }));
      if (isRefused) await expect(appending).rejects.toThrow(StorageUnavailableError);
      else kept.push((await appending).delivery);
    }
    const log = await whole(replicas.other);
    expect(log.map(({ event }) => event.seq)).toEqual(kept.map((_, index) => index + 1));
    expect(log.map(({ event }) => event.delivery)).toEqual(kept);
    expect(kept.at(-1)).toBeGreaterThan(kept.length);
  });

  it("wait for nobody who writes in another database of the server", async () => {
    await using replicas = await twoReplicas();
    const other = new URL(inject("postgres"));
    other.pathname = `/${replicas.name}`;
    await onServer((client) => client.query(`create database ${replicas.name}`));
    await onServer(async (client) => {
      await client.query(
        "begin; create table open_for_long (a integer); insert into open_for_long values (1)",
      );
      const { position } = await acknowledged(replicas.one, told());
      expect((await whole(replicas.other)).map(({ event }) => event.seq)).toEqual([position]);
    }, other.href);
    await onServer((client) => client.query(`drop database ${replicas.name}`));
  });

  it("hear of each other by polling when the connection that listens is forgotten on its way", async () => {
    await using schema = await temporarySchema();
    await using proxy = await startProxy(Number(new URL(schema.url).port));
    await using listening = await openReplica(proxy.through(schema.url));
    while (proxy.muteListeners() === 0) await new Promise(setImmediate);
    await using tail = await startTail({
      log: listening.reader,
      bell: createBell(),
      report: silentReport(),
      pollMs: 20,
      windowSize: 100,
    });
    using _follower = tail.window.join();
    await using other = await openReplica(schema.url);
    await acknowledged(other, told());
    while (tail.window.newest < 1) await tail.window.bell.after(tail.window.bell.rings, signal(), 20);
    expect(tail.window.after(0, 10)).toHaveLength(1);
  });

  it("take webhooks in and tell of them while a hundred read transactions wait for connections", async () => {
    await using replicas = await twoReplicas();
    const { one } = replicas;
    const asking = Array.from({ length: 100 }, () => one.readTransaction());
    const begun = await Promise.all(asking.slice(0, 6));
    let answered = 0;
    const waiting = asking.slice(6).map(async (question) => {
      await using _reading = await question;
      answered += 1;
    });
    const { position } = await acknowledged(one, told());
    expect((await one.reader.entriesAfter(0, 10)).map(({ event }) => event.seq)).toEqual([position]);
    expect(await one.canWrite()).toBe(true);
    expect(answered).toBe(0);
    for (const reading of begun) await reading[Symbol.asyncDispose]();
    await Promise.all(waiting);
  });
});

/** A commit that takes long, and one that is quick, begun after it; a tail reads after each. */
async function followALateCommit({ isNaive }: { readonly isNaive: boolean }) {
  await using replicas = await twoReplicas();
  const asked = <Rows extends pg.QueryResultRow>(text: string) =>
    onServer((client) => client.query<Rows>(text), replicas.url);
  // The commit of what is about issue "slow" waits for a lock of the test's.
  await asked(`
    create function wait_at_commit() returns trigger language plpgsql as
      'begin if new.issue_id = ''slow'' then perform set_config(''lock_timeout'', ''0'', true); perform pg_advisory_xact_lock(hashtext(current_schema())); end if; return null; end';
    create constraint trigger late after insert on events deferrable initially deferred
      for each row execute function wait_at_commit();
  `);
  if (isNaive)
    await asked(`
      create sequence naive minvalue 0 start 0;
      create or replace function lock_log(key bigint, known_epoch text, known_position bigint) returns bigint
        language sql as 'select nextval(''naive'')';
    `);
  const isWaiting = async (count: number) => {
    for (;;) {
      const { rows } = await onServer((client) =>
        client.query<{ waiting: number }>(
          `select count(*)::int as waiting from pg_locks join pg_stat_activity using (pid)
           where not granted and locktype = 'advisory' and application_name = $1`,
          [replicas.name],
        ),
      );
      if (rows[0]!.waiting >= count) return;
    }
  };
  const seen: number[] = [];
  const readOn = async () => {
    const entries = await replicas.one.reader.entriesAfter(seen.at(-1) ?? 0, 100);
    seen.push(...entries.map(({ event }) => event.seq));
  };

  const begun: Promise<unknown>[] = [];
  await onServer(async (client) => {
    await client.query("select pg_advisory_lock(hashtext(current_schema()))");
    begun.push(acknowledged(replicas.one, told({ issue: "slow", project: null })));
    await isWaiting(1);
    const quick = acknowledged(replicas.other, told({ issue: "quick", project: null }));
    begun.push(quick);
    if (isNaive) await quick;
    else await isWaiting(2);
    await readOn();
  }, replicas.url);
  // The connection is closed, and its lock with it.
  await Promise.all(begun);
  await readOn();
  return { seen, all: (await whole(replicas.one)).map(({ event }) => event.seq) };
}

describe("a server that fails", () => {
  it(
    "is restarted, and crashes, under load: nothing acknowledged is lost or told twice",
    { timeout: 60_000 },
    async () => {
      const { acknowledged } = await survivesServerRestarts(["fast", "immediate"]);
      expect(acknowledged).toBeGreaterThan(0);
    },
  );

  it("is told from one that keeps: nothing is acknowledged while it is away, and nothing lost", async () => {
    await using server = await startPostgres({ max_connections: "40" });
    await using store = await openReplica(server.url);
    await store.append(told({ issue: "1" }));
    await server.stop("immediate");
    await expect(store.append(told({ issue: "2" }))).rejects.toThrow(StorageUnavailableError);
    await server.start();
    await acknowledged(store, told({ issue: "2" }));
    expect((await whole(store)).map(({ event }) => event.issueId)).toEqual(["1", "2"]);
    expect(await store.canWrite()).toBe(true);
  });

  it.each(["off", "local"])("is refused with synchronous_commit=%s", async (value) => {
    await using schema = await temporarySchema();
    const url = new URL(schema.url);
    url.searchParams.set("options", `-c search_path=${schema.name} -c synchronous_commit=${value}`);
    await expect(openReplica(url.href)).rejects.toThrow(`synchronous_commit is ${value}`);
  });

  it.each([
    ["array_nulls=off", "array_nulls is off"],
    ["default_transaction_read_only=on", "default_transaction_read_only is on"],
  ])("is refused with a role's %s", async (setting, said) => {
    const options = encodeURIComponent(`-c ${setting}`);
    await expect(openReplica(`${inject("postgres")}?options=${options}`)).rejects.toThrow(said);
  });

  it("says so where the tables are another role's, as after a restore by somebody else", async () => {
    await using schema = await temporarySchema();
    await using _store = await openReplica(schema.url);
    const role = `${schema.name}_role`;
    await onServer((client) =>
      client.query(`create role ${role} login; grant usage, create on schema ${schema.name} to ${role}`),
    );
    const url = new URL(schema.url);
    url.username = role;
    await expect(openReplica(url.href)).rejects.toThrow(
      `The tables in the schema ${schema.name} belong to another role`,
    );
    await onServer((client) => client.query(`drop owned by ${role}; drop role ${role}`));
  });

  it("that does not answer is said to be one that cannot be reached", async () => {
    await using silent = createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    await expect(openReplica(`postgres://postgres@127.0.0.1:${port}/postgres`)).rejects.toThrow(
      "PostgreSQL cannot be reached",
    );
  });

  it("that takes no more connections is said to be one", async () => {
    await using schema = await temporarySchema();
    await using owner = await temporaryOwner(schema);
    await onServer((client) => client.query(`alter role ${owner.name} connection limit 0`));
    await expect(openReplica(owner.url)).rejects.toThrow("PostgreSQL accepts no more connections: raise");
  });

  it("is written to again once it may be, though connections were begun while it was read-only", async () => {
    await using schema = await temporarySchema();
    await using owner = await temporaryOwner(schema);
    await using store = await openReplica(owner.url);
    await using command = await openPostgresMaintenance(owner.url);
    await onServer(async (client) => {
      await client.query(`alter role ${owner.name} set default_transaction_read_only = on`);
      // The one that it writes with was begun before.
      const connections = "select pg_terminate_backend(pid) from pg_stat_activity where usename = $1";
      await client.query(connections, [owner.name]);
    });
    const whyNot = () => store.append(told()).catch(({ cause }: Error) => String(cause));
    await expect.poll(whyNot).toContain("read-only transaction");
    await expect(command.dropBodies(0, Infinity)).rejects.toThrow("read-only transaction");
    await onServer((client) => client.query(`alter role ${owner.name} reset default_transaction_read_only`));
    expect(await store.append(told())).toMatchObject({ outcome: "APPLIED" });
    expect(await command.dropBodies(0, Infinity)).toBe(0);
  });

  it("is waited for at every commit, though the role's settings change after the start", async () => {
    await using schema = await temporarySchema();
    await using owner = await temporaryOwner(schema);
    {
      await using store = await openReplica(owner.url);
      await onServer(async (client) => {
        await client.query(
          `create table seen (wait text, timeout text);
           create function see() returns trigger language plpgsql as $$ begin
             insert into seen values (current_setting('synchronous_commit'), current_setting('statement_timeout'));
             return null;
           end $$;
           create trigger sees after insert on deliveries for each row execute function see()`,
        );
        await client.query("alter role current_user set synchronous_commit = off");
        await client.query("alter role current_user set statement_timeout = '20s'");
        await client.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where usename = current_user and pid <> pg_backend_pid()",
        );
      }, owner.url);
      await acknowledged(store, told());
    }
    const { rows } = await onServer((client) => client.query("select * from seen"), owner.url);
    expect(rows).toEqual([{ wait: "on", timeout: "0" }]);
  });

  it.each(["events (theirs text)", "migrations (batch int)"])(
    "is refused where another program has its tables: %s",
    async (table) => {
      await using schema = await temporarySchema();
      await onServer((client) => client.query(`create table ${table}`), schema.url);
      await expect(openReplica(schema.url)).rejects.toThrow(
        `The schema ${schema.name} holds the tables of another program`,
      );
    },
  );
});

/** A wait that nothing ends is ended with the test. */
const signal = () => AbortSignal.timeout(20_000);
