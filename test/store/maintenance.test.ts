import Database from "better-sqlite3";
import { describe, expect, it, vi } from "vitest";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import {
  cpSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import type { Report } from "../../src/observability/report.ts";
import { readBody } from "../../src/sentry/payload.ts";
import { backUpSqlite } from "../../src/store/sqlite/backup.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { openCopySource } from "../../src/store/sqlite/copy-source.ts";
import { examineSqlite } from "../../src/store/sqlite/doctor.ts";
import { openSqliteBulkFill } from "../../src/store/sqlite/bulk-fill.ts";
import { readInstance } from "../../src/store/sqlite/instance.ts";
import { lockStore } from "../../src/store/sqlite/lock.ts";
import { openSqliteMaintenance } from "../../src/store/sqlite/maintenance.ts";
import { rebuildSqlite } from "../../src/store/sqlite/rebuild.ts";
import { at, told, webhook } from "./deliveries.ts";
import { openStoreIn, silentReport, temporaryFolder } from "./open.ts";
import { answersOf, fillVaried } from "./varied.ts";

/** A store with corrections, late deliveries, repeats and what is not about issues; closed. */
async function fill(file: string): Promise<void> {
  await using store = await openStoreIn(file);
  await fillVaried(store);
  // Each of them repeats what came before it, and not what comes after.
  for (const requestId of ["b", "b"].map((letter) => letter.repeat(32)))
    await store.append(webhook("rubbish", { requestId }));
}

async function answers(file: string) {
  await using store = await openStoreIn(file);
  return await answersOf(store);
}

/** Overwrites the first page of a table or an index. */
function breakPageOf(file: string, name: string): void {
  const database = new Database(file);
  database.pragma("wal_checkpoint(TRUNCATE)");
  const page = database.prepare("select rootpage from sqlite_schema where name = ?").pluck().get(name);
  const pageSize = database.pragma("page_size", { simple: true }) as number;
  database.close();
  const bytes = readFileSync(file);
  bytes.fill(0xff, (Number(page) - 1) * pageSize, Number(page) * pageSize);
  writeFileSync(file, bytes);
}

const noProgress = () => {};
const rebuild = (file: string, onProgress: (done: number, total: number) => void = noProgress) =>
  rebuildSqlite({ file, read: readBody, onProgress, onFault: (error) => expect(error).toBeUndefined() });
const examine = (file: string) => examineSqlite({ file, onProgress: noProgress });

describe("rebuild", () => {
  it("says so where there is no store, and makes none; where there is no history, it derives none", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await expect(rebuild(file)).rejects.toThrow(`There is no database file ${file}.`);
    expect(readdirSync(folder.path)).toEqual([]);
    const empty = join(folder.path, "empty.db");
    writeFileSync(empty, "");
    await expect(rebuild(empty)).rejects.toThrow(`${empty} contains no Issuewire store`);
    expect(readdirSync(folder.path)).toEqual(["empty.db"]);
    // As `token create` leaves it before the first start.
    await (await openSqliteMaintenance(file))[Symbol.asyncDispose]();
    await rebuild(file);
    expect(await examine(file)).toEqual([]);
  });

  it("gives the same histories, node ids, outcomes and log under a new epoch", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    const { epoch, ...before } = await answers(file);
    const progress: (readonly number[])[] = [];
    const database = new Database(file);
    // As an older version read it.
    database.exec(`update issues set details = '{"permalink":"https://sentry.example/older"}'`);
    database.close();
    await rebuild(file, (...counts) => progress.push(counts));
    expect(await examine(file)).toEqual([]);
    const { epoch: after, ...again } = await answers(file);
    expect(again).toEqual(before);
    expect(after).not.toBe(epoch);
    expect(progress).toEqual([[12, 12]]);
    await using store = await openStoreIn(file);
    const log = await store.reader.entriesAfter(0, 1000);
    // Relative times count from when the deliveries came, not from the rebuild.
    const received = new Set(before.deliveries.map(({ receivedAt }) => receivedAt));
    expect(log.filter(({ event }) => !received.has(event.committedAt))).toEqual([]);
  });

  it("counts what an older version did not understand", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    const { epoch: _before, ...before } = await answers(file);
    const quarantined = ({ deliveries }: Pick<typeof before, "deliveries">) =>
      deliveries.filter(({ outcome }) => outcome === "QUARANTINED").length;
    await rebuildSqlite({
      file,
      read: (body) =>
        Buffer.from(body).includes('"assigned"')
          ? { is: "quarantined", reason: "It is not understood." }
          : readBody(body),
      onProgress: noProgress,
      onFault: (error) => expect(error).toBeUndefined(),
    });
    expect(quarantined(await answers(file))).toBe(quarantined(before) + 3);
    await rebuild(file);
    const { epoch: _after, ...after } = await answers(file);
    expect(after).toEqual(before);
    expect(await examine(file)).toEqual([]);
  });

  it("goes on after the positions of the old log, so that none is used twice", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    const newest = await (async () => {
      await using store = await openStoreIn(file);
      return (await store.reader.bounds()).newest;
    })();
    await rebuild(file);
    await using store = await openStoreIn(file);
    expect((await store.reader.bounds()).oldest).toBe(newest);
    expect((await store.reader.entriesAfter(0, 1))[0]?.event.seq).toBe(newest + 1);
  });

  it("goes on after the positions of newest entries that were dropped for their age, which are not missing then", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    {
      await using store = await openStoreIn(file);
      await store.append(told({ issue: "1", at: 0 }));
      await store.append(told({ issue: "2", action: "resolved", status: "resolved", at: 1 }));
      await using maintenance = await openSqliteMaintenance(file);
      expect(await maintenance.dropClosedIssues(at(10))).toBe(1);
    }
    await rebuild(file);
    expect(await examine(file)).toEqual([]);
    await using store = await openStoreIn(file);
    expect(await store.reader.bounds()).toMatchObject({ oldest: 2, newest: 3 });
  });

  it("leaves everything as it was when it breaks off in the middle", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    const before = await answers(file);
    const broken = rebuild(file, () => {
      throw new Error("killed");
    });
    await expect(broken).rejects.toThrow("killed");
    expect(await answers(file)).toEqual(before);
  });

  it("derives from the facts where the bodies are pruned", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    const database = new Database(file);
    database.exec("update contents set body = null");
    database.close();
    const { epoch: _before, ...before } = await answers(file);
    await rebuild(file);
    const { epoch: _after, ...after } = await answers(file);
    expect(after).toEqual(before);
    expect(after.details.get("1")?.permalink).toBe("https://sentry.example/1");
  });

  it("leaves what tells that issues were forgotten as it is", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    {
      await using store = await openSqliteMaintenance(file);
      await store.forgetIssue("1", at(100));
      await store.forgetIssue("2", at(101));
    }
    const before = await answers(file);
    await rebuild(file);
    expect((await answers(file)).deliveries).toEqual(before.deliveries);
    expect(await examine(file)).toEqual([]);
  });

  it("takes a store that was filled with a past and that no gateway has opened yet", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    {
      using filling = openSqliteBulkFill({
        file,
        read: readBody,
        onFault: (error) => expect(error).toBe(""),
      });
      await filling.append([told({ issue: "1" }), told({ issue: "2" })]);
      await filling.finish();
    }
    expect(await examine(file)).toEqual([]);
    await rebuild(file);
    expect(await examine(file)).toEqual([]);
    await using store = await openStoreIn(file);
    expect(await store.reader.bounds()).toMatchObject({ newest: 4, oldest: 2 });
  });

  it("refuses to run beside a gateway", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await using _store = await openStoreIn(file);
    await expect(rebuild(file)).rejects.toThrow("Another process is using");
    await expect(openStoreIn(file, { lockWaitMs: 0 })).rejects.toThrow("Another process is using");
  });
});

describe("doctor", () => {
  it("finds nothing wrong with a store that is well", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    {
      // A delivery that changes nothing is not shown, though it is the newest.
      await using store = await openStoreIn(file);
      const again = {
        action: "resolved",
        issue: "2",
        project: null,
        status: "resolved",
        at: 30,
        lastSeen: 5,
      };
      expect((await store.append(told({ ...again, resolutionType: "now" }))).outcome).toBe("UNCHANGED");
    }
    expect(await examine(file)).toEqual([]);
  });

  it.each([
    [
      "a body that changed on disk",
      "update contents set body = cast(x'00' as blob) where delivery = 3",
      "The body of delivery 3",
    ],
    [
      "an event that changed",
      "update events set kind = 'ARCHIVED' where kind = 'RESOLVED'",
      "is not what its deliveries tell",
    ],
    ["an event that is gone", "delete from events where role = 'told'", "its history has"],
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
      "a body that is gone",
      "update contents set body = null where delivery = 3",
      "The body of delivery 3 is gone",
    ],
    [
      "what deliveries held that is gone",
      "delete from contents where delivery < 3",
      "What 2 of 12 deliveries held",
    ],
    [
      "what a delivery shows that cannot be read",
      "update contents set fields = substr(fields, 2) where delivery = 5",
      "What delivery 5 shows",
    ],
    [
      "an issue with a title that changed",
      "update issues set title = 'newer' where sentry_id = '1'",
      "Issue 1: its title is not what its delivery 1 shows",
    ],
    [
      "an issue whose newest entry is another issue's",
      "update issues set last_seq = 1 where sentry_id = '2'",
      "Issue 2: its newest entry is not at position 1",
    ],
    [
      "an event that is counted in another project",
      "update events set project_id = '8' where seq = (select max(seq) from events)",
      "is counted in another project",
    ],
    [
      "an issue that no delivery told of",
      "update deliveries set issue_id = null where issue_id = '2'",
      "has no delivery",
    ],
  ])("finds %s", async (_, damage, problem) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    const database = new Database(file);
    database.exec(damage);
    database.close();
    const findings = await examine(file);
    expect(findings.map((finding) => finding.problem).join("\n")).toContain(problem);
    expect(findings.every(({ remedy }) => remedy !== "")).toBe(true);
  });

  const ofHistory = "events where superseded_by is null and";
  it.each([
    [
      "when and how an event came",
      ofHistory,
      ["delivery", "role", "place", "source", "occurred_at", "occurred_after"],
    ],
    ["who did what", ofHistory, ["action", "action_raw", "actor_type", "actor_id", "actor_name"]],
    ["a transition", ofHistory, ["kind", "from_status", "from_substatus", "to_status", "to_substatus"]],
    ["an issue", "issues where", ["sentry_id", "status", "status_since", "last_seq", "shown", "rest"]],
  ])("finds whatever changed of %s", async (_, rows, columns) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    const database = new Database(file);
    for (const column of columns) {
      const [row, kept] = database
        .prepare<[], [number, Buffer | number | string]>(
          `select rowid, ${column} from ${rows} ${column} is not null order by rowid desc`,
        )
        .raw()
        .get()!;
      const write = database.prepare(`update ${rows.split(" ")[0]} set ${column} = ? where rowid = ?`);
      write.run(
        typeof kept === "number" ? kept + 1 : Buffer.isBuffer(kept) ? kept.subarray(1) : `${kept}x`,
        row,
      );
      expect([column, await examine(file)]).not.toEqual([column, []]);
      write.run(kept, row);
    }
    database.close();
    expect(await examine(file)).toEqual([]);
  });

  it("finds nothing wrong with a store whose newest entries were dropped for their age", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    {
      await using store = await openSqliteMaintenance(file);
      expect(await store.dropClosedIssues(at(1_000_000))).toBe(2);
    }
    expect(await examine(file)).toEqual([]);
  });

  it("does not take a log that a gateway adds to meanwhile for one that was put back", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    const instance = readInstance(`${file}.instance`)!;
    rmSync(`${file}.instance`);
    execFileSync("mkfifo", [`${file}.instance`]);
    // Opening the file waits for whoever reads it: then the log goes on, and then the file says so.
    const script = `
      const handle = require("node:fs").openSync(process.argv[1] + ".instance", "w");
      const database = new (require("better-sqlite3"))(process.argv[1]);
      database.exec("update sqlite_sequence set seq = seq + 1 where name = 'events'");
      database.close();
      require("node:fs").writeSync(handle, process.argv[2]);`;
    const text = JSON.stringify({ ...instance, newest: instance.newest + 1 });
    const gateway = spawn(process.execPath, ["-e", script, file, text], { stdio: "inherit" });
    const ended = once(gateway, "exit");
    const problems = (await examine(file)).map(({ problem }) => problem);
    expect(await ended).toEqual([0, null]);
    // An entry that is in no table is all that is wrong.
    expect(problems).toEqual([expect.stringContaining("The log has lost 1 entry")]);
  });

  it("tells of a file that is damaged, though the rest of it cannot be read", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    breakPageOf(file, "events");
    const [first] = await examine(file);
    expect(first).toMatchObject({
      problem: expect.stringContaining("The database file is damaged"),
      remedy: expect.stringContaining("restore a backup"),
    });
  });

  it.each([
    "delete from __drizzle_migrations where created_at = (select max(created_at) from __drizzle_migrations)",
    "insert into __drizzle_migrations (hash, created_at) values ('newer', 99999999999999)",
  ])("looks at no tables of another version: %s", async (change) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    const database = new Database(file);
    database.exec(`${change}; delete from deliveries`);
    database.close();
    expect((await examine(file)).map(({ problem }) => problem)).toEqual([
      "The tables are those of another version of Issuewire, and were not examined.",
    ]);
  });

  it("sees that a file was put back from a backup", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    rmSync(`${file}.instance`);
    expect((await examine(file)).map(({ problem }) => problem)).toEqual([
      "The file was restored from a backup, or its instance file is gone.",
    ]);
  });
});

describe("commands beside a process that is making the store", () => {
  it.each(["that is not there yet", "that is still empty"])("wait for it, in a file %s", async (state) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    using _lock = lockStore(file);
    if (state === "that is still empty") writeFileSync(file, "");
    const made = vi.fn();
    const opening = openSqliteMaintenance(file, { made });
    const gateway = openWriter(file);
    try {
      await using commands = await opening;
      expect(await commands.tokens.list()).toEqual([]);
      expect(await commands.compact()).toEqual({ is: "in use" });
      expect(made).not.toHaveBeenCalled();
    } finally {
      gateway.client.close();
    }
  });

  it("wait for it to be upgraded too, and say that it is of another version only after that", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    const gateway = openWriter(file);
    using _lock = lockStore(file);
    const migrations = gateway.client
      .prepare("select hash, created_at from __drizzle_migrations")
      .raw()
      .all();
    gateway.client.exec(
      "delete from __drizzle_migrations where created_at = (select max(created_at) from __drizzle_migrations)",
    );
    try {
      await expect(openSqliteMaintenance(file, { makingMs: 0 })).rejects.toThrow("runs another version");
      const opening = openSqliteMaintenance(file);
      const add = gateway.client.prepare("insert into __drizzle_migrations (hash, created_at) values (?, ?)");
      add.run(migrations.at(-1));
      await using commands = await opening;
      expect(await commands.tokens.list()).toEqual([]);
      add.run("newer", 99_999_999_999_999);
      await expect(openSqliteMaintenance(file)).rejects.toThrow("runs another version");
    } finally {
      gateway.client.close();
    }
  });

  it("say that it is being made where that takes too long, and make it themselves where it is given up", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    const lock = lockStore(file);
    await expect(openSqliteMaintenance(file, { makingMs: 0 })).rejects.toThrow(
      `is making ${file}: try again`,
    );
    const made = vi.fn();
    const opening = openSqliteMaintenance(file, { made });
    lock[Symbol.dispose]();
    await using commands = await opening;
    expect(await commands.compact()).toEqual({ is: "compact" });
    expect(made).toHaveBeenCalledOnce();
  });
});

it("a backup of a file that is damaged is not kept, and doctor is named, which looks at the file", async () => {
  using folder = temporaryFolder();
  const [file, to] = [join(folder.path, "a.db"), join(folder.path, "backup.db")];
  await fill(file);
  breakPageOf(file, "issues");
  await expect(backUpSqlite({ file, to, onProgress: noProgress })).rejects.toThrow(
    /^The copy is damaged \(.*\), as the database itself may be: run ".*doctor"\.$/s,
  );
  expect(readdirSync(folder.path).filter((name) => name.startsWith("backup"))).toEqual([]);
});

/** Everything that opens a database. */
const openings: readonly (readonly [string, (file: string) => unknown])[] = [
  ["a gateway", openStoreIn],
  ["commands", (file) => openSqliteMaintenance(file)],
  ["doctor", examine],
  ["rebuild", (file) => rebuild(file)],
  ["backup", (file) => backUpSqlite({ file, to: `${file}.backup`, onProgress: noProgress })],
  ["copy", (file) => openCopySource(file)],
  ["simulate", (file) => openSqliteBulkFill({ file, read: readBody, onFault: noProgress })],
];

describe("a database file with a second name", () => {
  it.each(openings)(
    "is refused by %s, beside a gateway and alone, until that name is gone",
    async (_, open) => {
      using folder = temporaryFolder();
      const [file, other] = [join(folder.path, "a.db"), join(folder.path, "other.db")];
      const message = "has a second name (a hard link";
      {
        await using store = await openStoreIn(file);
        linkSync(file, other);
        await expect((async () => open(other))()).rejects.toThrow(`${other} ${message}`);
        // What has it open already goes on.
        expect(await store.append(told())).toMatchObject({ outcome: "APPLIED" });
      }
      await expect((async () => open(file))()).rejects.toThrow(`${file} ${message}`);
      rmSync(other);
      await using _again = await openStoreIn(file);
    },
  );
});

describe("what is no database file", () => {
  it.each(openings)("is not opened by %s: a pipe, which it would wait at for ever", async (_, open) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    execFileSync("mkfifo", [file]);
    await expect((async () => open(file))()).rejects.toThrow(`${file} is not a file: move it away`);
  });

  it("is told from one that is not there where the system does not say whether it is", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, `${"long".repeat(100)}.db`);
    await expect(examine(file)).rejects.toThrow(`${file} cannot be reached (ENAMETOOLONG): set DATABASE_URL`);
    expect(() => lockStore(file)).toThrow(`${file}.lock cannot be used`);
  });
});

describe("a backup that is put back", () => {
  it("is refused beside the WAL of the database before it, and not changed by it", async () => {
    using folder = temporaryFolder();
    const [file, backup] = [join(folder.path, "a.db"), join(folder.path, "backup.db")];
    {
      await using store = await openStoreIn(file);
      await store.append(told({ issue: "1" }));
      await backUpSqlite({ file, to: backup, onProgress: noProgress });
      await store.append(told({ issue: "2" }));
      // As a gateway leaves it that is killed now.
      cpSync(`${file}-wal`, `${backup}-wal`);
    }
    const before = readFileSync(backup);
    const message = `remove ${backup}-wal and ${backup}-shm`;
    await expect(openStoreIn(backup)).rejects.toThrow(message);
    await expect(examine(backup)).rejects.toThrow(message);
    const to = join(folder.path, "another.db");
    await expect(backUpSqlite({ file: backup, to, onProgress: noProgress })).rejects.toThrow(message);
    await expect(rebuild(backup)).rejects.toThrow(message);
    expect(() => openCopySource(backup)).toThrow(message);
    await expect(openSqliteMaintenance(backup)).rejects.toThrow(message);
    const filling = { file: backup, read: readBody, onFault: () => {} };
    expect(() => openSqliteBulkFill(filling)).toThrow(message);
    expect(readFileSync(backup)).toEqual(before);
    rmSync(`${backup}-wal`);
    await using store = await openStoreIn(backup);
    expect([...(await store.reader.issues(["1", "2"])).keys()]).toEqual(["1"]);
  });
});

describe("a backup that is moved over the file of a gateway", () => {
  it("is refused by a command beside it, and not changed by that", async () => {
    using folder = temporaryFolder();
    const [file, backup] = [join(folder.path, "a.db"), join(folder.path, "backup.db")];
    await using store = await openStoreIn(file);
    await store.append(told({ issue: "1" }));
    await backUpSqlite({ file, to: backup, onProgress: noProgress });
    await store.append(told({ issue: "2" }));
    const before = readFileSync(backup);
    renameSync(backup, file);
    await expect(openSqliteMaintenance(file)).rejects.toThrow(
      `stop the gateway, if one runs, remove ${file}-wal`,
    );
    expect(readFileSync(file)).toEqual(before);
  });
});

describe("the epoch", () => {
  const epochOf = async (file: string, restored: Report["restored"] = () => {}) => {
    await using store = await openStoreIn(file, { report: { ...silentReport(), restored } });
    return (await store.reader.bounds()).epoch;
  };

  it("begins anew when what was put back is erased from before a gateway starts on it", async () => {
    using folder = temporaryFolder();
    const [file, backup] = [join(folder.path, "a.db"), join(folder.path, "backup.db")];
    await fill(file);
    await backUpSqlite({ file, to: backup, onProgress: noProgress });
    {
      await using store = await openStoreIn(file);
      await store.append(told({ issue: "3" }));
    }
    const before = await epochOf(file);
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
    cpSync(backup, file);
    {
      // As many entries as came after the backup, and more.
      await using store = await openSqliteMaintenance(file);
      for (const issue of ["1", "2"]) expect(await store.forgetIssue(issue, at(100))).toBe(true);
    }
    expect(await epochOf(file)).not.toBe(before);
  });

  it("that begins with a restore is told with the tokens that are valid again, or still", async () => {
    using folder = temporaryFolder();
    const [file, backup] = [join(folder.path, "a.db"), join(folder.path, "backup.db")];
    await fill(file);
    const add = async (name: string, expiresAt: number | null = null) => {
      await using store = await openSqliteMaintenance(file);
      const sha256 = Buffer.from(name.padEnd(32)).toString("hex");
      await store.tokens.add({ name, sha256, scope: "read", projects: "all", createdAt: 0, expiresAt });
    };
    await add("revoked");
    await add("expired", 1);
    await backUpSqlite({ file, to: backup, onProgress: noProgress });
    {
      await using store = await openSqliteMaintenance(file);
      await store.tokens.remove("revoked");
    }
    await add("later");
    {
      await using store = await openStoreIn(file);
      await store.append(told({ issue: "3" }));
    }
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
    cpSync(backup, file);
    const restored = vi.fn();
    await epochOf(file, restored);
    expect(restored.mock.calls).toEqual([[["revoked"]]]);
  });

  it("stays the same over restarts", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    const restored = vi.fn();
    expect(await epochOf(file, restored)).toBe(await epochOf(file, restored));
    expect(restored).not.toHaveBeenCalled();
  });

  it.each([
    ["deleted", (file: string) => rmSync(file)],
    ["emptied", (file: string) => truncateSync(file)],
  ])("that begins because the file was %s is told with how far its log had come, once", async (_, lose) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    const databaseLost = vi.fn();
    const open = () => openStoreIn(file, { report: { ...silentReport(), databaseLost } });
    {
      await using store = await open();
      await store.append(told({ issue: "1" }));
    }
    const before = await epochOf(file);
    expect(databaseLost).not.toHaveBeenCalled();
    lose(file);
    for (let start = 0; start < 2; start++) {
      await using store = await open();
      expect((await store.reader.bounds()).epoch).not.toBe(before);
    }
    expect(databaseLost.mock.calls).toEqual([[{ file, newest: 1 }]]);
  });

  it.each([
    [
      "is older than the log had come",
      (database: Database.Database) =>
        database.exec("delete from events; update sqlite_sequence set seq = 1 where name = 'events'"),
    ],
    [
      "is of another database",
      (database: Database.Database) => database.exec("update meta set value = 'x' where name = 'instance'"),
    ],
  ])("begins anew when the file %s", async (_, change) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    const before = await epochOf(file);
    const database = new Database(file);
    change(database);
    database.close();
    const restored = vi.fn();
    const after = await epochOf(file, restored);
    expect(after).not.toBe(before);
    expect(await epochOf(file, restored)).toBe(after);
    expect(restored.mock.calls).toEqual([[[]]]);
  });
});
