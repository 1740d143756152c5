import Database from "better-sqlite3";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, copyFileSync, existsSync, mkdirSync, openSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it, inject } from "vitest";
import { freePort } from "../free-port.ts";
import { StorageUnavailableError } from "../../src/domain/failure.ts";
import { sign } from "../../src/sentry/signature.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { told } from "../store/deliveries.ts";
import { openStoreIn, openTestStore, temporaryFolder } from "../store/open.ts";
import { postIssue } from "./post.ts";
import { secret } from "./secret.ts";

describe("a store whose file another process has locked", () => {
  it("refuses what it cannot write, and knows that it cannot until the lock is gone", async () => {
    await using store = await openTestStore();
    const other = new Database(store.file);
    other.exec("begin immediate");
    await expect(store.append(told({ issue: "1" }))).rejects.toThrow(StorageUnavailableError);
    expect(await store.canWrite()).toBe(false);
    other.exec("rollback");
    other.close();
    expect(await store.canWrite()).toBe(true);
    expect(await store.append(told({ issue: "1" }))).toMatchObject({ outcome: "APPLIED", delivery: 1 });
  });
});

describe("a command whose disk is full", () => {
  it.each([
    ["rebuild", 100, ""],
    ["forget project web", 100, ""],
    ["simulate --bulk --history 5d --issues 200 --quiet", 400, "new.db"],
  ])("says which file it cannot write: %s", async (words, kilobytes, other) => {
    using folder = temporaryFolder();
    const kept = join(folder.path, "issuewire.db");
    {
      await using store = await openStoreIn(kept);
      const issues = Array.from({ length: 300 }, (_, index) => String(index));
      await Promise.all(issues.map((issue) => store.append(told({ issue, title: `${issue} `.repeat(200) }))));
    }
    const file = other === "" ? kept : join(folder.path, other);
    expect(await saidWithin(kilobytes, file, words)).toMatch(cannotWrite(file));
  });

  it("says so too where it finds that the file was put back, and begins a new epoch", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    await (await openStoreIn(file))[Symbol.asyncDispose]();
    rmSync(`${file}.instance`);
    // Keeps what SQLite has beside the file, which would take more room than there is.
    const { client } = openWriter(file);
    try {
      client.pragma("wal_checkpoint(TRUNCATE)");
      // The WAL has no room for one page. Nothing is written before that.
      expect(await saidWithin(4, file, "token list")).toMatch(cannotWrite(file));
    } finally {
      client.close();
    }
  });
});

const cannotWrite = (file: string) =>
  new RegExp(`: ${file}\\S* cannot be written \\(.*\\): check whether its disk is full`);

/** What a command on this file says, while no file can become larger than this. */
async function saidWithin(kilobytes: number, file: string, words: string): Promise<string> {
  const script = `ulimit -f ${kilobytes}; exec "${process.execPath}" ${join(inject("built"), "cli.js")} ${words}`;
  const child = spawn("bash", ["-c", script], {
    env: { PATH: process.env["PATH"], DATABASE_URL: `file:${file}` },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => (said += String(chunk)));
  await once(child, "close");
  return said;
}

/* A disk of its own for a process, which it takes with it. */
const onSmallDisk = ["--user", "--map-root-user", "--mount", "sh", "-c"];
const canMount = spawnSync("unshare", [...onSmallDisk, "mount -t tmpfs none /mnt"]).status === 0;
if (!canMount) console.warn("SKIPPED: a small disk needs unshare, and leave to mount.");

describe.skipIf(!canMount)("forgetting on a disk with little room", () => {
  it("leaves all that there was of it, and a database that is whole, and says what is left to be done", async () => {
    using folder = temporaryFolder();
    const kept = join(folder.path, "issuewire.db");
    {
      await using store = await openStoreIn(kept);
      const issues = Array.from({ length: 300 }, (_, index) => String(index));
      await Promise.all(issues.map((issue) => store.append(told({ issue, title: `${issue} `.repeat(500) }))));
    }
    const disk = join(folder.path, "disk");
    mkdirSync(disk);
    const kilobytes = Math.ceil(statSync(kept).size / 1024) + 1_500;
    const issuewire = `"${process.execPath}" ${join(inject("built"), "cli.js")}`;
    const script = `mount -t tmpfs -o size=${kilobytes}k none ${disk} && cp ${kept}* ${disk} && cd ${disk} &&
      free() { df --output=avail . | tail -1; } && before=$(free) && ${issuewire} forget issue 1 &&
      test $(free) -ge $before && ${issuewire} doctor`;
    const { status, stdout } = spawnSync("unshare", [...onSmallDisk, script], {
      env: { PATH: process.env["PATH"], DATABASE_URL: "file:issuewire.db" },
      encoding: "utf8",
    });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(
        new RegExp(
          `^Forgot issue 1\\.\nThe database's file was not rewritten \\(that takes \\d+ MB of free space in ${disk}, `,
        ),
      ),
    });
  });
});

describe.skipIf(!canMount)("a gateway that is started on a disk that is full", () => {
  it("is read from, and takes webhooks and is ready once there is room", async () => {
    using folder = temporaryFolder();
    const kept = join(folder.path, "issuewire.db");
    const killed = join(folder.path, "killed");
    mkdirSync(killed);
    {
      await using store = await openStoreIn(kept);
      const issues = Array.from({ length: 30 }, (_, index) => String(index));
      await Promise.all(issues.map((issue) => store.append(told({ issue, title: "x".repeat(2_000) }))));
      // As it would be found if it ended now.
      for (const end of ["", "-wal", ".instance"])
        copyFileSync(`${kept}${end}`, join(killed, `issuewire.db${end}`));
    }
    // What is left of a WAL before this one: room for what is written to open it, and for no more.
    appendFileSync(join(killed, "issuewire.db-wal"), Buffer.alloc(4 * 4_120));
    const disk = join(folder.path, "disk");
    mkdirSync(disk);
    const script = `mount -t tmpfs -o size=4m none ${disk} && cp ${killed}/* ${disk} && touch ${disk}/issuewire.db.lock &&
      head -c 32768 /dev/zero > ${disk}/issuewire.db-shm && cat /dev/zero > ${disk}/fill 2> /dev/null;
      exec "${process.execPath}" ${join(inject("built"), "cli.js")} serve`;
    const child = spawn("unshare", [...onSmallDisk, script], {
      env: {
        PATH: process.env["PATH"],
        PORT: "0",
        DATABASE_URL: `file:${join(disk, "issuewire.db")}`,
        SENTRY_CLIENT_SECRET: secret,
        LOG_LEVEL: "info",
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const gone = once(child, "exit");
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const { url } = JSON.parse((await lines.next()).value as string) as { readonly url: string };
      const ready = async () => (await fetch(`${url}/health/ready`)).status;
      expect(await ready()).toBe(503);
      const asked = await fetch(`${url}/graphql?query={issues(first:0){totalCount}}`);
      expect(await asked.json()).toEqual({ data: { issues: { totalCount: 30 } } });
      expect(await postIssue(url, 31, "x".repeat(20_000))).toBe(503);

      rmSync(`/proc/${child.pid}/root${disk}/fill`);
      await expect.poll(ready).toBe(200);
      expect(await postIssue(url, 31, "x".repeat(20_000))).toBe(202);
    } finally {
      child.kill("SIGKILL");
      await gone;
    }
  });
});

/** What cannot be written to, as a file on a full disk. */
const full = "/dev/full";

describe.skipIf(!existsSync(full))("an output whose disk is full", () => {
  it("ends a command as failed, which has printed nothing of the token that it made", async () => {
    await using store = await openTestStore();
    const words = ["token", "create", "--name", "me", "--scope", "read"];
    const child = spawn(process.execPath, [join(inject("built"), "cli.js"), ...words], {
      env: { PATH: process.env["PATH"], DATABASE_URL: `file:${store.file}` },
      stdio: ["ignore", openSync(full, "w"), "pipe"],
    });
    let said = "";
    child.stderr!.on("data", (chunk) => (said += String(chunk)));
    expect(await once(child, "close")).toEqual([1, null]);
    expect(said).toMatch(/^issuewire: The output cannot be written: ENOSPC[^\n]*\n$/);
  });

  it("takes the log of a gateway and nothing else: it answers, and ends when it is told to", async () => {
    using folder = temporaryFolder();
    const port = await freePort();
    const child = spawn(process.execPath, [join(inject("built"), "cli.js"), "serve"], {
      env: {
        PATH: process.env["PATH"],
        DATABASE_URL: `file:${join(folder.path, "issuewire.db")}`,
        PORT: String(port),
        DRAIN_DELAY: "PT0S",
      },
      stdio: ["ignore", openSync(full, "w"), "inherit"],
    });
    const ended = once(child, "exit");
    try {
      const url = `http://127.0.0.1:${port}`;
      await expect.poll(async () => (await fetch(`${url}/health/ready`)).status).toBe(200);
      // The first is logged.
      for (let times = 0; times < 3; times += 1) {
        const refused = await fetch(`${url}/webhooks/sentry`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: "{}",
        });
        expect(refused.status).toBe(401);
      }
      child.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
    } finally {
      child.kill("SIGKILL");
    }
  });
});

describe("a gateway whose disk is full", () => {
  it("says at its start which file it cannot write", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    // Too small for the tables, as on a disk that is full before they are made.
    const child = spawn(
      "bash",
      ["-c", `ulimit -f 60; exec "${process.execPath}" ${join(inject("built"), "cli.js")} serve`],
      { env: { PATH: process.env["PATH"], PORT: "0", DATABASE_URL: `file:${file}` }, stdio: "pipe" },
    );
    let said = "";
    child.stderr.on("data", (chunk) => (said += String(chunk)));
    await once(child, "close");
    expect(said).toMatch(
      new RegExp(
        `^issuewire: ${file} cannot be written \\(.*\\): check whether its disk is full or failing\\.$`,
        "m",
      ),
    );
  });

  it("answers 503, goes on reading, is not ready, and has all that it acknowledged", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    // No file of the process may grow beyond 600 kB: writes fail as they do on a full disk.
    const child = spawn(
      "bash",
      ["-c", `ulimit -f 600; exec "${process.execPath}" ${join(inject("built"), "cli.js")} serve`],
      {
        env: {
          PATH: process.env["PATH"],
          PORT: "0",
          DATABASE_URL: `file:${file}`,
          SENTRY_CLIENT_SECRET: secret,
          LOG_LEVEL: "info",
        },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const gone = once(child, "exit");
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const { url } = JSON.parse((await lines.next()).value as string) as { readonly url: string };
      const post = async (issue: number, titleLength: number) => {
        const body = JSON.stringify({
          action: "created",
          data: { issue: { id: String(issue), title: "x".repeat(titleLength), status: "unresolved" } },
        });
        const signature = sign(secret, Buffer.from(body));
        const headers = { "content-type": "application/json", "sentry-hook-signature": signature };
        const response = await fetch(`${url}/webhooks/sentry`, { method: "POST", headers, body });
        return { status: response.status, body: (await response.json()) as object };
      };
      let kept = 0;
      // Until nothing fits any more, not only nothing large.
      for (const titleLength of [20_000, 1]) {
        let answer = await post(kept, titleLength);
        for (; answer.status === 202; answer = await post(kept, titleLength)) kept += 1;
        expect(answer).toMatchObject({ status: 503, body: { code: "STORAGE_UNAVAILABLE" } });
      }
      expect(kept).toBeGreaterThan(0);
      expect((await fetch(`${url}/health/ready`)).status).toBe(503);
      const asked = await fetch(`${url}/graphql?query={issues(first:0){totalCount}}`);
      expect(await asked.json()).toEqual({ data: { issues: { totalCount: kept } } });

      child.kill("SIGKILL");
      await gone;
      // Another process, without the limit, finds all of it and goes on.
      await using store = await openStoreIn(file);
      expect(await store.reader.issueCount({ filter: {}, now: 0 })).toBe(kept);
      expect((await store.append(told({ issue: "new" }))).outcome).toBe("APPLIED");
    } finally {
      child.kill("SIGKILL");
      await gone;
    }
  });
});
