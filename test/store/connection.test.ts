import Database from "better-sqlite3";
import { globSync, mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { tokenHash } from "../../src/http/access/token-text.ts";
import { assertDurable, checkVersion, openReader, openWriter } from "../../src/store/sqlite/connection.ts";
import { unusable } from "../../src/store/sqlite/error.ts";
import { openSqliteMaintenance } from "../../src/store/sqlite/maintenance.ts";
import { probe } from "../../src/store/sqlite/probe.ts";
import { told } from "./deliveries.ts";
import { openTestStore, temporaryFolder } from "./open.ts";

const newFile = (folder: { readonly path: string }) => join(folder.path, "issuewire.db");

describe("the connection that writes", () => {
  it.each(["3.7.0", "3.44.6", "3.51.2"])("is refused by SQLite %s, which can lose a WAL", (version) => {
    expect(() => checkVersion(version)).toThrow(
      `SQLite ${version} can lose data under two connections: 3.51.3 is needed.`,
    );
  });

  it.each(["3.51.3", "3.52.1", "4.0.0"])("is opened by SQLite %s", (version) => {
    checkVersion(version);
  });

  it("is one of a SQLite that is new enough", () => {
    using folder = temporaryFolder();
    openWriter(newFile(folder)).client.close();
  });

  it("takes away what a crash left of a try whether the disk has room", () => {
    using folder = temporaryFolder();
    const file = newFile(folder);
    const crashed = openWriter(file).client;
    crashed.exec(probe);
    crashed.close();
    const { client } = openWriter(file);
    expect(client.prepare("select count(*) from meta where length(value) > 1000").pluck().get()).toBe(0);
    client.close();
  });

  it("refuses a file with the tables of a newer version, and leaves it as it is", () => {
    using folder = temporaryFolder();
    const file = newFile(folder);
    const { client } = openWriter(file);
    client.exec("insert into __drizzle_migrations (hash, created_at) values ('newer', 99999999999999)");
    client.close();
    expect(() => openWriter(file)).toThrow("has the tables of a newer version of Issuewire");
  });

  it("refuses the file of another program, and leaves it as it is", () => {
    using folder = temporaryFolder();
    const file = newFile(folder);
    const other = new Database(file);
    other.exec("create table issues (theirs text)");
    other.close();
    const before = readFileSync(file);
    expect(() => openWriter(file)).toThrow('is the database of another program, with a table "issues"');
    expect(() => openReader(file)).toThrow("contains no Issuewire store");
    expect(readFileSync(file)).toEqual(before);
  });

  it("says of a full disk which file is on it, and of one that it has told already no more", () => {
    const full = new Database.SqliteError("database or disk is full", "SQLITE_FULL");
    const told = unusable("issuewire.db", new Error("Failed to run a query", { cause: full }));
    expect(String(told)).toMatch(/issuewire\.db cannot be written \(.*\): check whether its disk is full/);
    expect(unusable("issuewire.db", told)).toBe(told);
  });

  it("says of a file that this user may not write to what to give this user, or whose user to be", () => {
    const refused = new Database.SqliteError("unable to open database file", "SQLITE_CANTOPEN");
    expect(String(unusable("issuewire.db", refused))).toMatch(
      /issuewire\.db cannot be used \(.*\): give this user write permission.* as the gateway's user\./,
    );
  });

  it("says of a file that another process has locked which one it is, and what to do", () => {
    using folder = temporaryFolder();
    const file = newFile(folder);
    openWriter(file).client.close();
    const other = new Database(file);
    other.exec("begin immediate");
    try {
      expect(() => openWriter(file)).toThrow(`${file} is locked by another process (database is locked)`);
    } finally {
      other.close();
    }
  });

  it.each([
    ["synchronous = NORMAL", "synchronous 1"],
    ["synchronous = OFF", "synchronous 0"],
    ["journal_mode = DELETE", "delete"],
  ])("is not taken for durable with %s", (pragma, said) => {
    using folder = temporaryFolder();
    const { client } = openWriter(newFile(folder));
    assertDurable(client);
    client.pragma(pragma);
    expect(() => assertDurable(client)).toThrow(said);
    client.close();
  });
});

describe("a connection of a command", () => {
  it("is opened after a look at whose WAL is there: only gateways, which have looked, take the shorter way", () => {
    const sources = globSync("src/**/*.ts").filter((file) =>
      /\bopenReader\(/.test(readFileSync(file, "utf8")),
    );
    const names = ["answer-reads", "connection", "retry-on-thread", "store"];
    expect(sources.toSorted()).toEqual(names.map((name) => `src/store/sqlite/${name}.ts`));
  });
});

describe("what SQLite puts aside meanwhile", () => {
  const folderOf = (client: Database.Database) => client.pragma("temp_store_directory", { simple: true });

  it("goes where the database is, whatever its folder is called", () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "it's here", "issuewire.db");
    mkdirSync(dirname(file));
    const { client } = openWriter(file);
    expect(folderOf(client)).toBe(dirname(file));
    client.close();
  });

  it("goes there for a command beside a gateway too", async () => {
    await using store = await openTestStore();
    const elsewhere = new Database(":memory:");
    elsewhere.pragma(`temp_store_directory = '${tmpdir()}'`);
    await using _command = await openSqliteMaintenance(store.file);
    expect(folderOf(elsewhere)).toBe(dirname(store.file));
    elsewhere.close();
  });
});

/** What begins a transaction that only later asks for the right to write; which it may then not get. */
const deferred =
  /exec\(\s*["'`]begin(?! (?:immediate|exclusive))|\.transaction\((?![^]*?(?:\.immediate\(\)|behavior: "immediate"))/i;

/** These read, on connections that cannot write; the last one has a file that nobody else knows. */
const mayBeDeferred = ["answer-reads", "backup", "copy-source", "doctor", "bulk-fill"].map(
  (name) => `src/store/sqlite/${name}.ts`,
);

describe("a transaction that writes", () => {
  it("says so when it begins, wherever one does", () => {
    const found = globSync("src/store/sqlite/**/*.ts").filter((file) =>
      deferred.test(readFileSync(file, "utf8").replace(/\/\*[^]*?\*\/|\/\/.*/g, "")),
    );
    expect(found.toSorted()).toEqual(mayBeDeferred.toSorted());
  });

  it.each([
    'client.exec("begin");',
    "client.exec(`BEGIN DEFERRED`)",
    "client.transaction(() => { write(); })();",
  ])("would be found if it did not: %s", (code) => expect(code).toMatch(deferred));

  it("would otherwise lose what it read to another's commit, at once and however long it may wait", () => {
    using folder = temporaryFolder();
    const file = newFile(folder);
    const one = openWriter(file).client;
    one.exec("create table rows (n)");
    const other = new Database(file, { timeout: 5_000 });
    const meanwhile = (begin: string) => () => {
      other.exec(begin);
      try {
        other.prepare("select count(*) from rows").get();
        try {
          one.exec("insert into rows values (1)");
        } catch {
          // It has to wait for the other, which may write.
        }
        other.exec("insert into rows values (2)");
      } finally {
        other.exec("rollback");
      }
    };
    expect(meanwhile("begin")).toThrow(expect.objectContaining({ code: "SQLITE_BUSY_SNAPSHOT" }));
    expect(meanwhile("begin immediate")).not.toThrow();
    other.close();
    one.close();
  });

  it("leaves a gateway that waits time to write between two steps of a command", async () => {
    await using store = await openTestStore();
    await using command = await openSqliteMaintenance(store.file);
    const begunAt = performance.now();
    for (let step = 0; step < 5; step += 1) await command.dropBodies(0, Infinity);
    // A gateway looks again every 15 ms.
    expect(performance.now() - begunAt).toBeGreaterThan(5 * 30);
  });

  it("never fails beside a command that writes too, or that beside it", async () => {
    await using store = await openTestStore();
    await using command = await openSqliteMaintenance(store.file);
    const token = { scope: "read", projects: "all", createdAt: 0, expiresAt: null } as const;
    const kept = [];
    for (let turn = 0; turn < 40; turn += 1) {
      const appended = Array.from({ length: 10 }, (_, index) =>
        store.append(told({ issue: String(index), at: turn })),
      );
      await command.tokens.add({ ...token, name: `token ${turn}`, sha256: tokenHash(`token ${turn}`) });
      await command.dropBodies(0, Infinity);
      await command.forgetIssue("none", turn);
      kept.push(...(await Promise.all(appended)));
    }
    expect(new Set(kept.map(({ delivery }) => delivery)).size).toBe(400);
    expect(await store.tokens.list()).toHaveLength(40);
  });
});
