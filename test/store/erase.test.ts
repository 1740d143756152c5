import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { asc } from "drizzle-orm";
import { describe, expect, it, vi } from "vitest";
import { readBody } from "../../src/sentry/payload.ts";
import { mostInStep, mostPacksInStep } from "../../src/store/erase/portion.ts";
import { packOf, packSize } from "../../src/store/pack.ts";
import { backUpSqlite } from "../../src/store/sqlite/backup.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { examineSqlite } from "../../src/store/sqlite/doctor.ts";
import { openSqliteBulkFill } from "../../src/store/sqlite/bulk-fill.ts";
import { openSqliteMaintenance } from "../../src/store/sqlite/maintenance.ts";
import { packOldest } from "../../src/store/sqlite/packing.ts";
import * as tables from "../../src/store/tables/sqlite.ts";
import { at, told } from "./deliveries.ts";
import { openStoreIn, openTestStore, silentReport, temporaryFolder } from "./open.ts";

/** One pack of all that deliveries held, however much that is: they were larger once. */
function packTogether(file: string): void {
  const { client, db } = openWriter(file);
  const held = db.select().from(tables.contents).orderBy(asc(tables.contents.delivery)).all();
  db.insert(tables.packs).values(packOf(held)).run();
  db.delete(tables.contents).run();
  client.close();
}

const all = { first: 0, last: 1_000 };
const examine = (file: string) => examineSqlite({ file, onProgress: () => {} });

/** Packs everything that can be packed, as the gateway does once it is no longer new. */
function packAll(file: string): void {
  const connection = openWriter(file);
  while (packOldest(connection, 100, 0) > 0);
  connection.client.close();
}

/** All that lies in the database's file and beside it. */
function kept(file: string): Buffer {
  const files = [file, `${file}-wal`, `${file}-shm`].filter((one) => existsSync(one));
  return Buffer.concat(files.map((one) => readFileSync(one)));
}

describe("retention", () => {
  it("drops the bodies of what was received before, packed or not, and nothing else", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    {
      await using store = await openStoreIn(file);
      for (let index = 0; index < 70; index++) await store.append(told({ issue: String(index), at: index }));
    }
    packAll(file);
    {
      await using store = await openStoreIn(file);
      for (let index = 70; index < 80; index++) await store.append(told({ issue: String(index), at: index }));
      const ids = Array.from({ length: 80 }, (_, index) => index + 1);
      const before = await store.reader.snapshots(ids);
      {
        await using maintenance = await openSqliteMaintenance(file);
        expect(await maintenance.dropBodies(at(40), Infinity)).toBe(40);
        expect(await maintenance.dropBodies(at(40), Infinity)).toBe(0);
        expect([...(await store.reader.bodies(ids)).keys()].toSorted((a, b) => a - b)).toEqual(ids.slice(40));
        expect(await maintenance.dropBodies(at(75), Infinity)).toBe(35);
        expect((await store.reader.bodies(ids)).size).toBe(5);
      }
      expect(await store.reader.snapshots(ids)).toEqual(before);
      expect((await store.reader.bounds()).oldest).toBe(0);
    }
    expect(await examine(file)).toEqual([]);
  });

  it.each([
    ["few of them", false, [16, 4, 0]],
    ["but for those of one pack, which is read once", true, [20, 0]],
  ])("drops large bodies in steps of few bytes: %s", async (_, arePacked, steps) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    const more = { metadata: { note: "x".repeat(1_000_000) } };
    {
      await using store = await openStoreIn(file);
      for (let index = 0; index < 20; index++)
        await store.append(told({ issue: String(index), at: index, ...(index % 2 === 0 && { more }) }));
    }
    if (arePacked) packTogether(file);
    {
      await using maintenance = await openSqliteMaintenance(file);
      const dropped: number[] = [];
      do dropped.push(await maintenance.dropBodies(at(100), Infinity));
      while (dropped.at(-1) !== 0);
      expect(dropped).toEqual(steps);
    }
    expect(await examine(file)).toEqual([]);
  });

  it("goes by the order of arrival where a clock was wrong: what came while it was behind or ahead costs no other body", async () => {
    await using store = await openTestStore();
    const received = [0, 1, 2, 9_000, -9_000, 3, 4];
    for (const [index, second] of received.entries())
      await store.append({ ...told({ issue: String(index) }), receivedAt: at(second) });
    await using maintenance = await openSqliteMaintenance(store.file);
    expect(await maintenance.dropBodies(at(-10), at(5))).toBe(0);
    expect(await maintenance.dropBodies(at(2), at(5))).toBe(2);
    expect(await maintenance.dropBodies(at(3), at(5))).toBe(3);
    expect([...(await store.reader.bodies([1, 2, 3, 4, 5, 6, 7])).keys()]).toEqual([6, 7]);
  });

  it("drops no body by a clock that is behind all of them, and those that came while it was ahead with the next that is due", async () => {
    await using store = await openTestStore();
    const ahead = mostInStep + 10;
    const received = [0, ...Array.from({ length: ahead }, () => 9_000), 1, 2];
    await Promise.all(
      received.map((second, index) =>
        store.append({ ...told({ issue: String(index) }), receivedAt: at(second) }),
      ),
    );
    await using maintenance = await openSqliteMaintenance(store.file);
    expect(await maintenance.dropBodies(at(-20_000), at(-10_000))).toBe(0);
    expect(await maintenance.dropBodies(at(1), at(5))).toBe(1);
    expect(await maintenance.dropBodies(at(1), at(5))).toBe(0);
    expect(await maintenance.dropBodies(at(2), at(5))).toBe(mostInStep);
    expect(await maintenance.dropBodies(at(2), at(5))).toBe(11);
    expect(await maintenance.dropBodies(at(2), at(5))).toBe(0);
  });

  it("goes in slices", async () => {
    await using store = await openTestStore();
    const many = mostInStep + 10;
    await Promise.all(
      Array.from({ length: many }, (_, index) => store.append(told({ issue: String(index) }))),
    );
    await using maintenance = await openSqliteMaintenance(store.file);
    expect([
      await maintenance.dropBodies(at(1), Infinity),
      await maintenance.dropBodies(at(1), Infinity),
    ]).toEqual([mostInStep, 10]);
  });

  it("drops issues that have been closed since before, whole, and cursors of before with them", async () => {
    await using store = await openTestStore();
    await store.append(told({ issue: "1", at: 0 }));
    await store.append(told({ issue: "2", at: 1 }));
    await store.append(told({ issue: "1", at: 60, action: "resolved", status: "resolved" }));
    await store.append(told({ issue: "3", at: 61, action: "ignored", status: "ignored" }));
    await store.append(told({ issue: "2", at: 90, action: "resolved", status: "resolved" }));
    {
      await using maintenance = await openSqliteMaintenance(store.file);
      expect(await maintenance.dropClosedIssues(at(62))).toBe(2);
      expect(await maintenance.dropClosedIssues(at(62))).toBe(0);
    }
    expect([...(await store.reader.issues(["1", "2", "3"])).keys()]).toEqual(["2"]);
    expect((await store.reader.entriesAfter(all.first, all.last)).map(({ event }) => event.issueId)).toEqual([
      "2",
      "2",
    ]);
    expect(await store.reader.bounds()).toMatchObject({ oldest: 4, newest: 5 });
    expect(await examine(store.file)).toEqual([]);
  });

  it("gives no delivery the id of one that is gone", async () => {
    await using store = await openTestStore();
    const gone = await store.append(told({ issue: "1", action: "resolved", status: "resolved" }));
    {
      await using maintenance = await openSqliteMaintenance(store.file);
      expect(await maintenance.dropClosedIssues(at(1))).toBe(1);
    }
    const next = await store.append(told({ issue: "2", at: 2 }));
    expect(next).toMatchObject({ delivery: gone.delivery + 1, position: gone.position + 1 });
  });

  it("writes few packs anew at a time, each once, however the issues' deliveries are spread over them", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    const packs = mostPacksInStep + 1;
    {
      using filling = openSqliteBulkFill({
        file,
        read: readBody,
        onFault: (error) => expect(error).toBe(""),
      });
      // Closed one after the other in different packs.
      await filling.append(
        Array.from({ length: packs * packSize }, (_, index) =>
          told({
            issue: String(index),
            action: "resolved",
            status: "resolved",
            at: (index % packSize) * packs + Math.floor(index / packSize),
          }),
        ),
      );
      await filling.finish();
    }
    packAll(file);
    {
      await using maintenance = await openSqliteMaintenance(file);
      expect(await maintenance.dropClosedIssues(at(10_000))).toBe(mostPacksInStep);
      // The first of a pack that was not touched, then the second ones of others.
      expect(await maintenance.dropClosedIssues(at(10_000))).toBe(mostPacksInStep);
    }
    expect(await examine(file)).toEqual([]);
  });

  it("writes few bytes of packs anew at a time, where issues have large bodies", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    {
      await using store = await openStoreIn(file);
      for (let index = 0; index < 3; index++) {
        // What zstd makes nothing of.
        const more = { metadata: { note: randomBytes(400_000).toString("base64") } };
        await store.append(
          told({ issue: String(index), action: "resolved", status: "resolved", at: index, more }),
        );
      }
    }
    packAll(file);
    {
      await using maintenance = await openSqliteMaintenance(file);
      for (const dropped of [1, 1, 1, 0]) expect(await maintenance.dropClosedIssues(at(100))).toBe(dropped);
    }
    expect(await examine(file)).toEqual([]);
  });

  it("runs by itself in a gateway that is told to", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    // By the clock, which is not the tests' own.
    const longAgo = -1_000_000_000;
    {
      await using store = await openStoreIn(file);
      await store.append(told({ issue: "1", at: longAgo, action: "resolved", status: "resolved" }));
      await store.append(told({ issue: "2", at: longAgo }));
    }
    await using store = await openStoreIn(file, { retention: { rawDays: 1, eventsDays: 1 } });
    const left = async () => [
      [...(await store.reader.issues(["1", "2"])).keys()],
      [...(await store.reader.bodies([1, 2])).keys()],
    ];
    await expect.poll(left).toEqual([["2"], []]);
  });

  it("is told of where the gateway cannot drop anything", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    {
      await using store = await openStoreIn(file);
      await store.append(told({ at: -1_000_000_000, action: "resolved", status: "resolved" }));
    }
    {
      const client = new Database(file);
      client.exec(
        "create trigger kept before delete on issues begin select raise(abort, 'It is kept.'); end",
      );
      client.close();
    }
    const failure = Promise.withResolvers<unknown>();
    const report = { ...silentReport(), notDropped: failure.resolve };
    await using _store = await openStoreIn(file, { report, retention: { rawDays: null, eventsDays: 1 } });
    expect(String(await failure.promise)).toContain("It is kept.");
  });
});

describe("forgetting an issue", () => {
  it("leaves nothing of it, in the store and in its file, and tells followers that it is gone", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    const secret = "what nobody may know any more";
    {
      await using store = await openStoreIn(file);
      await store.append(told({ issue: "1", at: 0, title: secret }));
      await store.append(told({ issue: "2", at: 1 }));
      await store.append(told({ issue: "1", at: 60, action: "resolved", status: "resolved", title: secret }));
      {
        await using maintenance = await openSqliteMaintenance(file);
        expect(await maintenance.findIssue("WEB-1")).toBe("1");
        expect(await maintenance.forgetIssue("1", at(70))).toBe(true);
        expect(await maintenance.forgetIssue("1", at(70))).toBe(false);
      }
      expect([...(await store.reader.issues(["1", "2"])).keys()]).toEqual(["2"]);
      expect([...(await store.reader.bodies([1, 2, 3])).keys()]).toEqual([2]);
      const entries = await store.reader.entriesAfter(0, 100);
      expect(entries.map(({ event }) => [event.seq, event.issueId, event.role])).toEqual([
        [2, "2", "report"],
        [4, "1", "forgotten"],
      ]);
      expect(entries[1]).toMatchObject({
        before: null,
        after: { fields: { project: { sentryId: "7" }, title: "" } },
      });
      expect((await store.reader.eventsOfDeliveries([4])).size).toBe(0);
    }
    expect(kept(file).includes(secret)).toBe(false);
    expect(await examine(file)).toEqual([]);
  });

  it("leaves nothing in the file of what was packed, changed or indexed before", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    const secret = "what nobody may know any more";
    {
      await using store = await openStoreIn(file);
      for (let index = 0; index < 6 * packSize; index++) {
        const isSecret = index % 3 === 0;
        const title = isSecret ? `${secret}, ${index}` : "known";
        await store.append(told({ issue: isSecret ? "1" : "2", at: index, count: index, title }));
      }
    }
    packAll(file);
    {
      await using maintenance = await openSqliteMaintenance(file);
      expect(await maintenance.forgetIssue("1", at(1_000))).toBe(true);
    }
    expect(kept(file).includes(secret)).toBe(false);
    expect(await examine(file)).toEqual([]);
  });

  it("leaves nothing where rows have been moved from page to page, once the file is written anew", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    const issues = 1_500;
    const isSecret = (index: number) => index % 10 === 0;
    {
      await using store = await openStoreIn(file);
      // Longer and shorter in turns, and in another order each time, so that pages are filled and emptied.
      for (const [turn, step] of [1, 7, 11].entries())
        await Promise.all(
          Array.from({ length: issues }, (_, place) => (place * step) % issues).map((index) =>
            store.append(
              told({
                issue: String(index + 1),
                at: turn * issues + index,
                count: turn,
                title: `${isSecret(index) ? "secret" : "known"} ${index} ${"x".repeat((index * 7 + turn * 131) % 300)}`,
              }),
            ),
          ),
        );
    }
    await using maintenance = await openSqliteMaintenance(file);
    for (let index = 0; index < issues; index += 1)
      if (isSecret(index)) await maintenance.forgetIssue(String(index + 1), at(10_000));
    expect(await maintenance.compact()).toEqual({ is: "compact" });
    expect(await maintenance.sweep()).toBe(true);
    expect(kept(file).includes("secret")).toBe(false);
  });

  it("leaves the file as it is where it cannot be written anew, and cannot fill the disk for good", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    {
      await using store = await openStoreIn(file);
      await store.append(told({ issue: "1" }));
    }
    const original = Database.prototype.exec;
    const walBytes: number[] = [];
    const execute = vi.spyOn(Database.prototype, "exec").mockImplementation(function (
      this: Database.Database,
      source,
    ) {
      if (source !== "vacuum") return original.call(this, source);
      walBytes.push(statSync(`${file}-wal`).size);
      throw new Database.SqliteError("database or disk is full", "SQLITE_FULL");
    });
    try {
      await using maintenance = await openSqliteMaintenance(file);
      expect(await maintenance.forgetIssue("1", at(10))).toBe(true);
      expect(await maintenance.compact()).toEqual({ is: "left", because: "database or disk is full" });
    } finally {
      execute.mockRestore();
    }
    // What has filled the disk can be cut: it is nothing that has to go into the file first.
    expect(walBytes).toEqual([0]);
    expect(await examine(file)).toEqual([]);
  });

  it("leaves nothing beside the file either, while a gateway has it", async () => {
    await using store = await openTestStore();
    const secret = "what nobody may know any more";
    await store.append(told({ issue: "1", title: secret }));
    await using maintenance = await openSqliteMaintenance(store.file);
    expect(await maintenance.forgetIssue("1", at(10))).toBe(true);
    expect(kept(store.file).includes(secret)).toBe(true);
    expect(await maintenance.sweep()).toBe(true);
    expect(kept(store.file).includes(secret)).toBe(false);
    // Which goes on in a file that was cut.
    await store.append(told({ issue: "2" }));
    expect([...(await store.reader.issues(["1", "2"])).keys()]).toEqual(["2"]);
  });

  it("waits with what lies beside the file for whoever reads that, and keeps nobody from writing meanwhile", async () => {
    await using store = await openTestStore();
    const secret = "what nobody may know any more";
    await store.append(told({ issue: "1", title: secret }));
    const reader = new Database(store.file, { readonly: true });
    reader.exec("begin");
    reader.prepare("select 1 from issues").get();
    await using maintenance = await openSqliteMaintenance(store.file);
    await maintenance.forgetIssue("1", at(10));
    const sweeping = maintenance.sweep();
    await store.append(told({ issue: "2" }));
    expect(kept(store.file).includes(secret)).toBe(true);
    reader.close();
    expect(await sweeping).toBe(true);
    expect(kept(store.file).includes(secret)).toBe(false);
  });

  it("writes few packs anew at a time, however many hold something of it", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    const packs = mostPacksInStep + 2;
    {
      using filling = openSqliteBulkFill({
        file,
        read: readBody,
        onFault: (error) => expect(error).toBe(""),
      });
      await filling.append(
        Array.from({ length: packs * packSize }, (_, index) =>
          told({ issue: index % packSize === 7 ? "1" : "2", at: index, count: index }),
        ),
      );
      await filling.finish();
    }
    packAll(file);
    const client = new Database(file);
    const data = () => client.prepare<[], Buffer>("select data from packs order by first").pluck().all();
    let before = data();
    /** How many packs are not as they were when this was asked before. */
    const changed = () => {
      const now = data();
      const count = now.filter((one, index) => !one.equals(before[index]!)).length;
      before = now;
      return count;
    };
    {
      await using maintenance = await openSqliteMaintenance(file);
      expect(await maintenance.forgetIssue("1", at(10_000))).toBe(true);
      expect(changed()).toBe(0);
      expect(await examine(file)).toEqual([]);
      expect(await maintenance.eraseSetAside()).toBe(mostPacksInStep);
      expect(changed()).toBe(mostPacksInStep);
      expect(await examine(file)).toEqual([]);
      expect(await maintenance.eraseSetAside()).toBe(2);
      expect(changed()).toBe(2);
      expect(await maintenance.eraseSetAside()).toBe(0);
    }
    client.close();
    expect(await examine(file)).toEqual([]);
  });

  it("waits for another process's lock where no gateway runs, too", async () => {
    using folder = temporaryFolder();
    const asked = vi.spyOn(Database.prototype, "pragma");
    try {
      await using _maintenance = await openSqliteMaintenance(join(folder.path, "issuewire.db"));
      const connection = asked.mock.contexts.at(-1) as Database.Database;
      expect(connection.pragma("busy_timeout", { simple: true })).toBeGreaterThan(1_000);
    } finally {
      asked.mockRestore();
    }
  });

  it("lets a webhook that comes later begin it anew, though the gateway had its history in memory", async () => {
    await using store = await openTestStore();
    await store.append(told({ issue: "1", at: 0 }));
    {
      await using maintenance = await openSqliteMaintenance(store.file);
      await maintenance.forgetIssue("1", at(10));
    }
    await store.append(told({ issue: "1", at: 60, action: "resolved", status: "resolved" }));
    const entries = await store.reader.entriesAfter(2, 10);
    expect(entries.map(({ event, before }) => [event.transition?.from, before])).toEqual([[null, null]]);
    const history = await store.reader.eventCounts(["1"], { actions: null });
    expect(history.get("1")).toBe(1);
    expect(await examine(store.file)).toEqual([]);
  });
});

describe("a backup", () => {
  it("made while deliveries come in is a prefix of the log, and whole", async () => {
    using folder = temporaryFolder();
    await using store = await openTestStore();
    for (let index = 0; index < 300; index++)
      await store.append(told({ issue: String(index % 7), at: index, count: index }));
    const to = join(folder.path, "backup.db");
    let isCopying = true;
    const going = (async () => {
      for (let index = 300; isCopying; index++)
        await store.append(told({ issue: String(index % 7), at: index, count: index }));
    })();
    const { newest } = await backUpSqlite({ file: store.file, to, onProgress: () => {} });
    isCopying = false;
    await going;
    expect(statSync(to).mode & 0o777).toBe(0o600);
    const whole = await store.reader.entriesAfter(0, 10_000);
    await using restored = await openStoreIn(to);
    const kept = await restored.reader.entriesAfter(0, 10_000);
    expect(kept.at(-1)!.event.seq).toBe(newest);
    expect(kept.map(({ event }) => event.id)).toEqual(
      whole.slice(0, kept.length).map(({ event }) => event.id),
    );
    expect(whole.length).toBeGreaterThan(kept.length);
    expect((await restored.reader.bounds()).epoch).not.toBe((await store.reader.bounds()).epoch);
  });

  it("is made once where two are begun at the same time, whatever one that was killed has left", async () => {
    using folder = temporaryFolder();
    await using store = await openTestStore();
    await store.append(told());
    const to = join(folder.path, "backup.db");
    for (const end of ["", "-wal", "-journal"]) writeFileSync(`${to}.part${end}`, "half of a page");
    const backUp = () => backUpSqlite({ file: store.file, to, onProgress: () => {} });
    const [one, other] = await Promise.allSettled([backUp(), backUp()]);
    expect(one).toMatchObject({ status: "fulfilled", value: { newest: 1 } });
    expect(other).toMatchObject({
      status: "rejected",
      reason: { message: expect.stringContaining("Another backup is being written") },
    });
    expect(readdirSync(folder.path)).toEqual(["backup.db"]);
    expect((await examine(to)).map(({ problem }) => problem)).toEqual([
      expect.stringContaining("restored from a backup"),
    ]);
  });

  it("goes into no folder that is missing, and never takes the place of a file", async () => {
    await using store = await openTestStore();
    const to = join(store.file, "none", "backup.db");
    await expect(backUpSqlite({ file: store.file, to, onProgress: () => {} })).rejects.toThrow(
      "There is no folder",
    );
    await expect(backUpSqlite({ file: store.file, to: store.file, onProgress: () => {} })).rejects.toThrow(
      "already: choose another name",
    );
  });
});
