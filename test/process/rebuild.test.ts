import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it, inject } from "vitest";
import { examineSqlite } from "../../src/store/sqlite/doctor.ts";
import { onServer, temporarySchema } from "../store/open-postgres.ts";
import { openStoreIn, temporaryFolder } from "../store/open.ts";
import { commandOn, commandWith } from "./command.ts";
import { fill } from "./fill.ts";
import { secret, startProcess } from "./gateway.ts";

const root = join(import.meta.dirname, "../..");
/** Every history, and the epoch. */
async function historiesIn(file: string) {
  await using store = await openStoreIn(file);
  const log = await store.reader.entriesAfter(0, 100_000);
  return {
    epoch: (await store.reader.bounds()).epoch,
    entries: log.map(({ event: { seq: _seq, supersedes, supersededBy, committedAt: _at, ...event } }) => ({
      ...event,
      supersedes: supersedes !== null,
      supersededBy: supersededBy !== null,
    })),
  };
}

const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? -1;
const examine = (file: string) => examineSqlite({ file, onProgress: () => {} });

describe("rebuild, as a command", () => {
  it(
    "leaves the store as it was when it is killed in the middle, and then runs through",
    { timeout: 120_000 },
    async () => {
      using folder = temporaryFolder();
      const file = join(folder.path, "issuewire.db");
      await fill(file, 2_000);
      const before = await historiesIn(file);

      for (const least of [0, 100_000, 1_000_000]) {
        const { child, ended } = commandOn(`file:${file}`, "rebuild");
        // What is written before the commit goes to the WAL, so its size tells how far the transaction is.
        while (child.exitCode === null && sizeOf(`${file}-wal`) < least) await wait(1);
        child.kill("SIGKILL");
        const { code } = await ended;
        const { epoch, entries } = await historiesIn(file);
        expect(entries).toEqual(before.entries);
        // Where the WAL grows, the commit is under way, and may have come through before the kill did.
        if (least === 0) expect([code, epoch]).toEqual([null, before.epoch]);
        expect(await examine(file)).toEqual([]);
      }

      const { code, output } = await commandOn(`file:${file}`, "rebuild").ended;
      expect([code, output]).toEqual([0, expect.stringContaining("Every history was derived again")]);
      const after = await historiesIn(file);
      expect(after.epoch).not.toBe(before.epoch);
      expect(after.entries).toEqual(before.entries);
    },
  );
});

describe("doctor, as a command", () => {
  it("says that all is well, beside a running store, and ends with 0", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    await fill(file, 40);
    await using _store = await openStoreIn(file);
    expect(await commandOn(`file:${file}`, "doctor").ended).toEqual({
      code: 0,
      output: expect.stringMatching(/^✓/),
    });
  });

  it("says what is wrong and what to do, and ends with 1", async () => {
    using folder = temporaryFolder();
    const missing = await commandOn(`file:${join(folder.path, "none.db")}`, "doctor").ended;
    expect(missing).toEqual({ code: 1, output: expect.stringContaining("There is no database file") });
  });

  it("says which settings are without effect, whether or not there is a database", async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, ".env"), "PORT: 4100\n");
    const settings = { LIMIT_DEPHT: "3", log_level: "debug" };
    const doctor = () => commandWith({ settings, cwd: folder.path }, "doctor").ended;
    const found = [
      "There is no setting LIMIT_DEPHT.",
      "There is no setting log_level.",
      expect.stringMatching(/^Line 1 of \.env has no effect/),
    ];
    const [missing, there] = [await doctor(), await fill(join(folder.path, "issuewire.db"), 4).then(doctor)];
    expect(missing.output).toContain("There is no database file");
    for (const { code, output } of [missing, there])
      expect([code, output.match(/(?<=✗ ).*/g)]).toEqual([1, found]);
  });
});

describe("the command line", () => {
  it("names every setting that is wrong and ends with 1", async () => {
    const env = { PATH: process.env["PATH"], PORT: "x", LOG_LEVEL: "y" };
    const child = spawn(process.execPath, [join(inject("built"), "cli.js"), "serve"], {
      cwd: root,
      env,
      stdio: "pipe",
    });
    let output = "";
    child.stderr.on("data", (chunk) => (output += String(chunk)));
    const [code] = (await once(child, "close")) as [number];
    expect([code, output]).toEqual([1, expect.stringMatching(/PORT: .*\n.*LOG_LEVEL: /)]);
  });

  it.each(["serve", "doctor", "rebuild", "token list", "backup copy.db"])(
    "says of a file that is no database which one it is, and what to do: %s",
    async (words) => {
      using folder = temporaryFolder();
      const file = join(folder.path, "notes.txt");
      writeFileSync(
        file,
        "Nothing but notes, though long enough to be the beginning of a database.".repeat(9),
      );
      expect(await commandOn(`file:${file}`, ...words.split(" ")).ended).toEqual({
        code: 1,
        output: expect.stringContaining(`${file} is damaged, or not a SQLite database`),
      });
    },
  );

  it.each(["serve", "doctor", "rebuild", "token list", "backup copy.db"])(
    "says of a folder in a database's place which one it is, and what to do: %s",
    async (words) => {
      using folder = temporaryFolder();
      expect(await commandOn(`file:${folder.path}`, ...words.split(" ")).ended).toEqual({
        code: 1,
        output: expect.stringContaining(`${folder.path} is a folder: move it away, or set DATABASE_URL`),
      });
      rmSync(`${folder.path}.lock`, { force: true });
    },
  );

  it.each(["serve", "token create --name me --scope read"])(
    "says of a folder that cannot be made what to do: %s",
    async (words) => {
      using folder = temporaryFolder();
      const between = join(folder.path, "notes.txt");
      writeFileSync(between, "");
      const file = join(between, "data", "issuewire.db");
      expect(await commandOn(`file:${file}`, ...words.split(" ")).ended).toEqual({
        code: 1,
        output: expect.stringContaining(
          `The folder ${join(between, "data")} cannot be made: name another file`,
        ),
      });
    },
  );

  it("makes no database to derive again what is not there", async () => {
    using folder = temporaryFolder();
    const missing = await commandOn(`file:${join(folder.path, "none.db")}`, "rebuild").ended;
    expect(missing).toEqual({ code: 1, output: expect.stringContaining("There is no database file") });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it.each(["forget issue X-1", "token list", "token revoke me"])(
    "makes no database to look for what is not there: %s",
    async (words) => {
      using folder = temporaryFolder();
      const missing = await commandOn(`file:${join(folder.path, "none.db")}`, ...words.split(" ")).ended;
      expect(missing).toEqual({ code: 1, output: expect.stringContaining("There is no database file") });
      expect(readdirSync(folder.path)).toEqual([]);
    },
  );

  it.each(["forget issue X-1", "prune", "token list", "token revoke me", "rebuild", "doctor"])(
    "makes no store in a PostgreSQL database that has none: %s",
    async (words) => {
      await using schema = await temporarySchema();
      const settings = { DATABASE_URL: schema.url, RETENTION_RAW_DAYS: "1" };
      expect(await commandWith({ settings }, ...words.split(" ")).ended).toEqual({
        code: 1,
        output: expect.stringContaining("There is no store in this database"),
      });
      const tables = `select from pg_tables where schemaname = '${schema.name}'`;
      expect((await onServer((client) => client.query(tables))).rowCount).toBe(0);
    },
  );

  it.each([
    ["--check none.graphql", "none.graphql cannot be read.\n  because: ENOENT"],
    ["--write none/none.graphql", "none/none.graphql cannot be written.\n  because: ENOENT"],
    ["--check schema.graphql --write none/none.graphql", "cannot be used with"],
  ])("says of the schema's file what is wrong: %s", async (words, message) => {
    const said = await commandOn("file:none.db", "schema", ...words.split(" ")).ended;
    expect(said).toEqual({ code: 1, output: expect.stringContaining(message) });
  });

  it.each(["serve", "copy --from file:none.db --to postgres://ann:pass@db/one", "token list", "simulate"])(
    "shows no password of a URL that was not expected: %s",
    async (words) => {
      const said = await commandOn("file:none.db", ...words.split(" "), "postgres://ann:pass@db/issues")
        .ended;
      expect(said).toEqual({
        code: 1,
        output: expect.stringMatching(/arguments.*postgres:\/\/ann:\*\*\*@db/),
      });
    },
  );

  it("simulates to where the settings say that the gateway is", async () => {
    await using gateway = await startProcess();
    const { port } = new URL(gateway.url);
    const child = spawn(process.execPath, [join(inject("built"), "cli.js"), "simulate", "--count", "3"], {
      cwd: root,
      env: { PATH: process.env["PATH"], PORT: port, SENTRY_CLIENT_SECRET: secret },
      stdio: "pipe",
    });
    let said = "";
    child.stdout.on("data", (chunk) => (said += String(chunk)));
    const [code] = (await once(child, "close")) as [number];
    expect([code, said]).toEqual([0, expect.stringMatching(/^Sent 3 webhooks/)]);
  });

  it("says in the log that what looks like a setting is none", async () => {
    await using gateway = await startProcess({ settings: { LIMIT_DEPHT: "9" } });
    expect(gateway.log).toContainEqual(expect.stringMatching(/"warn".*"LIMIT_DEPHT".*no such setting/));
  });

  it("says in the log which lines of .env set nothing, and not what they hold", async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, ".env"), "PORT=0\nSENTRY_CLIENT_SECRET: very=secret\nHOST 0.0.0.0\n");
    const child = spawn(process.execPath, [join(inject("built"), "cli.js"), "serve"], {
      cwd: folder.path,
      env: { PATH: process.env["PATH"] },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    for await (const chunk of child.stdout) {
      said += String(chunk);
      if (said.includes("listening")) child.kill("SIGINT");
    }
    expect(said).toMatch(
      /"warn".*"line":2,"msg":"this line has no effect.*\n.*"warn".*"line":3,"msg":"this line/,
    );
    expect(said).not.toContain("very=");
  });

  it.each(["localhost:4000", "ann:pass@your.host", "ftp://ann:pass@your.host"])(
    "says how to write the address that a test delivery is sent to: not as %s",
    async (address) => {
      using folder = temporaryFolder();
      const said = await commandOn(`file:${join(folder.path, "none.db")}`, "doctor", "--send", address).ended;
      expect(said).toEqual({
        code: 1,
        output: "issuewire: --send must be an address like https://your.host.\n",
      });
    },
  );
});
