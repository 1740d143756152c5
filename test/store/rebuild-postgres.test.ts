import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { StorageUnavailableError } from "../../src/domain/failure.ts";
import { readBody } from "../../src/sentry/payload.ts";
import { copyStore } from "../../src/store/copy.ts";
import { examinePostgres } from "../../src/store/postgres/doctor.ts";
import { openPostgresMaintenance } from "../../src/store/postgres/maintenance.ts";
import { rebuildPostgres } from "../../src/store/postgres/rebuild.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { packOldest } from "../../src/store/sqlite/packing.ts";
import { at, told } from "./deliveries.ts";
import { openStoreIn, temporaryFolder } from "./open.ts";
import { onServer, openReplica, temporarySchema } from "./open-postgres.ts";
import { answersOf, fillVaried } from "./varied.ts";

const page = { from: "first", after: null, before: null, limit: 100 } as const;

async function answers(url: string) {
  await using store = await openReplica(url);
  return await answersOf(store);
}

/** A schema that holds what `fillVaried` writes. */
async function filled() {
  const schema = await temporarySchema();
  await using store = await openReplica(schema.url);
  await fillVaried(store);
  return schema;
}

const rebuild = (url: string, onProgress: (done: number) => void = () => {}) =>
  rebuildPostgres({ url, read: readBody, onProgress, onFault: (error) => expect(error).toBeUndefined() });
const examine = (url: string) => examinePostgres({ url, onProgress: () => {} });
const ask = (url: string, text: string) => onServer((client) => client.query(text), url);

describe("rebuild on PostgreSQL", () => {
  it("gives the same histories, node ids, outcomes and log under a new epoch, after the positions of the old one", async () => {
    await using schema = await filled();
    const { epoch, ...before } = await answers(schema.url);
    const newest = before.log.length;
    const progress: number[] = [];
    await rebuild(schema.url, (done) => progress.push(done));
    expect(await examine(schema.url)).toEqual([]);
    const { epoch: after, ...again } = await answers(schema.url);
    expect(again).toEqual(before);
    expect(after).not.toBe(epoch);
    expect(progress).toEqual([10]);
    await using store = await openReplica(schema.url);
    expect((await store.reader.bounds()).oldest).toBe(newest);
    expect((await store.reader.entriesAfter(0, 1))[0]?.event.seq).toBe(newest + 1);
  });

  it("keeps what a newer version reads, of bodies that are packed too, and of pruned ones what is known", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    {
      await using store = await openStoreIn(file);
      await fillVaried(store);
      await Promise.all(
        Array.from({ length: 60 }, (_, index) => store.append(told({ issue: "3", at: index, count: index }))),
      );
    }
    const connection = openWriter(file);
    expect(packOldest(connection, 64, 0)).toBeGreaterThan(0);
    connection.client.close();
    await using schema = await temporarySchema();
    await copyStore({ file, url: schema.url, onProgress: () => {} });
    await ask(schema.url, "update deliveries set outcome = 'QUARANTINED' where id = 20");
    {
      await using maintenance = await openPostgresMaintenance(schema.url);
      await maintenance.dropBodies(at(1), Infinity);
    }
    const before = await answers(schema.url);
    const read: typeof readBody = (body) => {
      const reading = readBody(body);
      if (reading.is !== "issue") return reading;
      const { snapshot } = reading.issue;
      const fields = { ...snapshot.fields, culprit: "read better" };
      const written = { ...snapshot.written, fields: JSON.stringify(fields) };
      return { is: "issue", issue: { ...reading.issue, snapshot: { ...snapshot, fields, written } } };
    };
    await rebuildPostgres({ url: schema.url, read, onProgress: () => {}, onFault: () => {} });
    expect(await examine(schema.url)).toEqual([]);
    await using store = await openReplica(schema.url);
    const log = await store.reader.entriesAfter(0, 1_000);
    expect(log.map(({ after }) => after?.fields.culprit)).toContain("read better");
    expect((await answers(schema.url)).events.length).toBe(before.events.length);
    const { rows } = await store.reader.deliveryPage({ ...page, filter: {}, now: 0 });
    expect(rows.filter(({ outcome }) => outcome === "QUARANTINED")).toHaveLength(1);
  });

  it("keeps an issue's details where the body that showed them is pruned", async () => {
    await using schema = await filled();
    {
      await using maintenance = await openPostgresMaintenance(schema.url);
      await maintenance.dropBodies(at(1_000), Infinity);
    }
    const before = await answers(schema.url);
    await rebuild(schema.url);
    const after = await answers(schema.url);
    expect(after.events).toEqual(before.events);
    expect(after.details).toEqual(before.details);
    expect(after.details.get("1")?.permalink).toBe("https://sentry.example/1");
    expect(await examine(schema.url)).toEqual([]);
  });

  it("counts all events of an issue in the project that it has moved to", async () => {
    await using schema = await temporarySchema();
    const project = { id: "8", slug: "app", name: "App" };
    const moved = { action: "resolved", status: "resolved", at: 60, project } as const;
    {
      await using store = await openReplica(schema.url);
      await store.append(told({ at: 0 }));
      await store.append(told(moved));
    }
    await rebuild(schema.url);
    const { rows } = await ask(schema.url, "select project_id, project_slug from events order by seq");
    expect(rows).toEqual([
      { project_id: "8", project_slug: "app" },
      { project_id: "8", project_slug: "app" },
    ]);
    expect(await examine(schema.url)).toEqual([]);
  });

  it("goes on beside replicas: they read what was, keep nothing meanwhile, and then tell that an epoch has begun", async () => {
    await using schema = await filled();
    const began = Promise.withResolvers<void>();
    await using store = await openReplica(schema.url, { onEpoch: began.resolve });
    // Its histories are in the replica's memory, with their positions in the old log.
    await store.append(told({ at: 100, action: "unresolved", substatus: "regressed", count: 3 }));
    const { newest } = await store.reader.bounds();
    let rebuilding: Promise<void> | undefined;
    await onServer(async (client) => {
      // It waits for this entry, with its locks held.
      await client.query("begin");
      await client.query("select from events where seq = 1 for update");
      rebuilding = rebuild(schema.url);
      const waiting =
        "select 1 from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))";
      while ((await client.query(waiting)).rowCount === 0);
      await expect(store.append(told({ issue: "9" }))).rejects.toThrow(StorageUnavailableError);
      expect((await store.reader.issues(["1"])).size).toBe(1);
      expect((await store.reader.entriesAfter(0, 100)).length).toBe(newest);
      await client.query("rollback");
    }, schema.url);
    await rebuilding;
    // What the log holds now would be more of the old one to those who follow it.
    await expect(store.reader.entriesAfter(newest, 10)).rejects.toThrow(StorageUnavailableError);
    await began.promise;
    await expect(store.reader.entriesAfter(newest, 10)).rejects.toThrow(StorageUnavailableError);
    // What still comes to it is kept right.
    await store.append(told({ at: 120, action: "resolved", status: "resolved", count: 4 }));
    expect(await examine(schema.url)).toEqual([]);
    await using again = await openReplica(schema.url);
    const log = await again.reader.entriesAfter(0, 100);
    expect(log.at(-1)!.before!.statusSince).toBe(at(100));
  });

  it("takes as long as it takes, whatever a statement of the role's may", async () => {
    await using schema = await filled();
    await ask(
      schema.url,
      `create function slow() returns trigger language plpgsql as
         $$ begin perform pg_sleep(1.2); return null; end $$;
       create trigger slowly before delete on issues for each statement execute function slow()`,
    );
    const url = new URL(schema.url);
    const options = url.searchParams.get("options")!;
    url.searchParams.set("options", `${options} -c statement_timeout=1000 -c transaction_timeout=1000`);
    await rebuild(url.href);
    expect(await examine(url.href)).toEqual([]);
  });

  it("has succeeded once it is committed, though the tables cannot be vacuumed", async () => {
    await using schema = await filled();
    const { epoch } = await answers(schema.url);
    await onServer(async (client) => {
      // Only a vacuum waits for this.
      await client.query("begin; lock table projects in share update exclusive mode");
      const rebuilding = rebuild(schema.url);
      const canceled =
        "select pg_cancel_backend(pid) from pg_locks where relation = 'projects'::regclass and not granted";
      while ((await client.query(canceled)).rowCount === 0);
      await rebuilding;
    }, schema.url);
    expect((await answers(schema.url)).epoch).not.toBe(epoch);
    expect(await examine(schema.url)).toEqual([]);
  });

  it("is over soon after its machine is gone without a word, and later where only a pooler could know", async () => {
    await using schema = await filled();
    await ask(
      schema.url,
      `create table seen (idle text, alive text);
       create function see() returns trigger language plpgsql as $$ begin
         insert into seen values (current_setting('idle_in_transaction_session_timeout'), current_setting('tcp_keepalives_idle'));
         return null;
       end $$;
       create trigger sees before delete on issues for each statement execute function see()`,
    );
    await rebuild(schema.url);
    expect((await ask(schema.url, "select * from seen")).rows).toEqual([{ idle: "10min", alive: "20" }]);
  });

  it("leaves everything as it was when it breaks off in the middle", async () => {
    await using schema = await filled();
    const before = await answers(schema.url);
    const broken = rebuild(schema.url, () => {
      throw new Error("killed");
    });
    await expect(broken).rejects.toThrow("killed");
    expect(await answers(schema.url)).toEqual(before);
  });
});

describe("doctor on PostgreSQL", () => {
  it("finds nothing wrong with a store that is well, beside replicas, and after things were erased", async () => {
    await using schema = await filled();
    await using _store = await openReplica(schema.url);
    expect(await examine(schema.url)).toEqual([]);
    {
      await using maintenance = await openPostgresMaintenance(schema.url);
      await maintenance.forgetIssue("1", at(50));
      await maintenance.dropClosedIssues(at(1_000));
      await maintenance.dropBodies(at(1_000), Infinity);
    }
    expect(await examine(schema.url)).toEqual([]);
  });

  it.each([
    [
      "a body that changed",
      "update contents set body = '\\x00' where delivery = 3",
      "The body of delivery 3",
    ],
    [
      "an event that changed",
      "update events set kind = 'ARCHIVED' where kind = 'RESOLVED'",
      "is not what its deliveries tell",
    ],
    ["the end of the log that is gone", "delete from events where seq >= 8", "has lost"],
    ["an entry that is gone", "delete from events where seq = 2", "has lost 1 entry after position 0"],
    [
      "a duration that changed",
      "update events set stay_ms = stay_ms + 1 where stay_ms is not null",
      "do not match its history",
    ],
    ["an issue that is gone", "delete from issues where sentry_id = '2'", "Issue 2: it is missing"],
    [
      "an issue in another state",
      "update issues set status = 'ignored' where sentry_id = '1'",
      "its present state",
    ],
    [
      "an issue that nobody told of",
      "update deliveries set issue_id = null where issue_id = '2'",
      "has no delivery",
    ],
    [
      "another server",
      "update meta set value = 'x.1' where name = 'instance'",
      "put on this server by a restore",
    ],
    ["ids that would be given twice", "select setval('delivery_ids', 2)", "an id that is already used"],
    ["a copy that has not ended", "insert into meta values ('copying', '{}')", "is not finished"],
    [
      "an index that is not valid",
      "update pg_index set indisvalid = false where indexrelid = 'issues_by_count'::regclass",
      "The index issues_by_count is not valid",
    ],
  ])("finds %s", async (_, damage, problem) => {
    await using schema = await filled();
    await ask(schema.url, damage);
    const findings = await examine(schema.url);
    expect(findings.map((finding) => finding.problem).join("\n")).toContain(problem);
    expect(findings.every(({ remedy }) => remedy !== "")).toBe(true);
  });

  it.each([
    "delete from migrations where made_at = (select max(made_at) from migrations)",
    "insert into migrations values (99999999999999, 'newer')",
  ])("looks at no tables of another version: %s", async (change) => {
    await using schema = await filled();
    await ask(schema.url, `${change}; delete from deliveries`);
    const findings = await examine(schema.url);
    expect(findings.map((finding) => finding.problem)).toEqual([
      "The tables are those of another version of Issuewire, and were not examined.",
    ]);
  });

  it("says where there is no store, and what it found of the server all the same", async () => {
    await using schema = await temporarySchema();
    const url = new URL(schema.url);
    url.searchParams.set("options", `-c search_path=${schema.name} -c default_transaction_read_only=on`);
    expect((await examine(url.href)).map(({ problem }) => problem)).toEqual([
      expect.stringMatching(/^default_transaction_read_only is on/),
      "There is no store in this database.",
    ]);
  });
});
