import Database from "better-sqlite3";
import { appendFileSync, copyFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sameFileCheck } from "../../src/store/sqlite/same-file.ts";
import { told } from "./deliveries.ts";
import { openStoreIn, openTestStore, temporaryFolder } from "./open.ts";

/** A database of some hundred pages in WAL mode, which moves pages into its file when it is told to, and the check of it. */
function openChecked() {
  const folder = temporaryFolder();
  const file = join(folder.path, "issuewire.db");
  const client = new Database(file);
  client.pragma("journal_mode = WAL");
  client.pragma("wal_autocheckpoint = 0");
  client.exec("create table rows (value)");
  const add = (pages: number) => {
    const insert = client.prepare("insert into rows values (randomblob(4000))");
    for (let page = 0; page < pages; page += 1) insert.run();
  };
  add(400);
  client.pragma("wal_checkpoint(TRUNCATE)");
  const check = sameFileCheck(client, file);
  return {
    file,
    client,
    add,
    check() {
      client.exec("begin immediate");
      try {
        check();
      } finally {
        client.exec("rollback");
      }
    },
    [Symbol.dispose]() {
      client.close();
      folder[Symbol.dispose]();
    },
  };
}

const vacuum = "delete from rows where rowid % 2 = 0; vacuum";
const sizeOf = (file: string) => statSync(file).size;

describe("a database file that becomes smaller", () => {
  it("counts as another one, also once it has grown again", () => {
    using checked = openChecked();
    const { file, check } = checked;
    check();
    checked.add(10);
    // A WAL is cut and begun anew.
    checked.client.pragma("wal_checkpoint(TRUNCATE)");
    check();
    truncateSync(file, sizeOf(file) - 4096);
    expect(check).toThrow("became smaller or older while the gateway was running");
    appendFileSync(file, Buffer.alloc(100 * 4096));
    expect(check).toThrow("became smaller or older while the gateway was running");
  });

  it("counts as another one while that is still being copied", () => {
    using checked = openChecked();
    checked.check();
    truncateSync(checked.file, 0);
    expect(checked.check).toThrow("was overwritten while the gateway was running");
  });

  it("counts as another one where it was in WAL mode too", () => {
    using checked = openChecked();
    copyFileSync(checked.file, `${checked.file}.copy`);
    checked.add(1);
    checked.client.pragma("wal_checkpoint(TRUNCATE)");
    checked.check();
    copyFileSync(`${checked.file}.copy`, checked.file);
    expect(checked.check).toThrow("became smaller or older while the gateway was running");
  });

  it("counts as another one though nothing was written since it was opened", () => {
    using checked = openChecked();
    truncateSync(checked.file, sizeOf(checked.file) - 4096);
    expect(checked.check).toThrow("became smaller or older while the gateway was running");
  });

  it("is the same where a VACUUM was in the WAL since before it was opened, whatever is written meanwhile", () => {
    using checked = openChecked();
    const { file, client, add } = checked;
    client.exec(vacuum);
    const check = sameFileCheck(client, file);
    const checkIt = () => client.transaction(check).immediate();
    const before = sizeOf(file);
    checkIt();
    add(20);
    checkIt();
    client.pragma("wal_checkpoint(PASSIVE)");
    add(20);
    expect(sizeOf(file)).toBeLessThan(before);
    checkIt();
    add(20);
    checkIt();
  });

  it("is the same where another connection's VACUUM came between, whatever is written after it", () => {
    using checked = openChecked();
    const { file, check, add } = checked;
    const before = sizeOf(file);
    check();
    const other = new Database(file);
    other.exec(vacuum);
    other.pragma("wal_checkpoint(PASSIVE)");
    other.close();
    add(20);
    expect(sizeOf(file)).toBeLessThan(before);
    check();
    add(20);
    check();
    checked.client.pragma("wal_checkpoint(TRUNCATE)");
    check();
  });
});

describe("a database file that becomes older", () => {
  /** Another process's commit, which is in the file then. */
  const commit = (file: string, statement = "insert into rows values (1)") => {
    const other = new Database(file);
    other.exec(statement);
    other.pragma("wal_checkpoint(PASSIVE)");
    other.close();
  };
  /** A copy of it, after which one was made that is as large. */
  const copied = ({ file }: { readonly file: string }) => {
    copyFileSync(file, `${file}.copy`);
    commit(file, "delete from rows where rowid > 399");
    expect(sizeOf(file)).toBe(sizeOf(`${file}.copy`));
  };

  it("counts as another one, however large it is, also once it was written again", () => {
    using checked = openChecked();
    const { file, check } = checked;
    copied(checked);
    check();
    copyFileSync(`${file}.copy`, file);
    expect(check).toThrow("became smaller or older while the gateway was running");
    for (let times = 0; times < 3; times += 1) commit(file);
    expect(check).toThrow("became smaller or older while the gateway was running");
  });

  it("counts as another one where a command has written to it since", () => {
    using checked = openChecked();
    const { file, check } = checked;
    copied(checked);
    check();
    copyFileSync(`${file}.copy`, file);
    const command = new Database(file);
    command.pragma("wal_autocheckpoint = 0");
    command.exec("insert into rows values (1)");
    expect(check).toThrow("became smaller or older while the gateway was running");
    command.close();
  });

  it("is the same whatever is done by SQLite", async () => {
    using checked = openChecked();
    const { file, client, check, add } = checked;
    await client.backup(`${file}.backup`);
    const other = new Database(file);
    other.pragma("wal_autocheckpoint = 0");
    const statements = [
      "insert into rows values (randomblob(9000))",
      "delete from rows where rowid % 7 = 0",
      "create table if not exists more (value)",
      "begin immediate; insert into rows values (randomblob(90000)); rollback",
      "vacuum",
    ];
    for (const connection of [client, other, client, other])
      for (const statement of statements) {
        connection.exec(statement);
        check();
        add(3);
        for (const mode of ["PASSIVE", "TRUNCATE"]) {
          other.pragma(`wal_checkpoint(${mode})`);
          check();
        }
        commit(file, statement);
        check();
      }
    const backup = new Database(`${file}.backup`, { readonly: true });
    await backup.backup(file);
    backup.close();
    other.pragma("wal_checkpoint(TRUNCATE)");
    check();
    other.close();
  });
});

describe("a gateway", () => {
  const many = Array.from({ length: 300 }, (_, index) =>
    told({ issue: String(index), title: "x".repeat(2_000) }),
  );

  it("goes on where its file is written anew beside it", async () => {
    await using store = await openTestStore();
    await Promise.all(many.map((one) => store.append(one)));
    const other = new Database(store.file);
    other.pragma("wal_checkpoint(TRUNCATE)");
    const before = sizeOf(store.file);
    await store.append(told({ issue: "before" }));
    other.exec("delete from contents; vacuum");
    other.pragma("wal_checkpoint(TRUNCATE)");
    other.close();
    expect(sizeOf(store.file)).toBeLessThan(before);
    expect(await store.append(told({ issue: "after" }))).toMatchObject({ outcome: "APPLIED" });
    expect(await store.append(told({ issue: "last" }))).toMatchObject({ outcome: "APPLIED" });
  });

  it("begins with all of its file written anew that was, though somebody read it until then", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    {
      await using store = await openStoreIn(file);
      await Promise.all(many.map((one) => store.append(one)));
    }
    const before = sizeOf(file);
    const command = new Database(file);
    const reader = new Database(file, { readonly: true });
    reader.exec("begin");
    reader.prepare("select 1 from issues").get();
    command.exec("delete from contents; vacuum");
    // The last to close, which may not write.
    command.close();
    reader.close();
    expect(sizeOf(file)).toBe(before);
    await using store = await openStoreIn(file);
    expect(sizeOf(file)).toBeLessThan(before);
    expect(await store.append(told({ issue: "after" }))).toMatchObject({ outcome: "APPLIED" });
  });
});
