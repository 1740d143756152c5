import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, readdirSync, renameSync, statSync, watch, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { backUpSqlite } from "../../src/store/sqlite/backup.ts";
import { told } from "../store/deliveries.ts";
import { openStoreIn, temporaryFolder } from "../store/open.ts";
import { startProcess, type GatewayProcess } from "./gateway.ts";
import { postIssue } from "./post.ts";
import { canTrace, syncsOf, syncsOfScript } from "./syncs.ts";

/* Experiments E03, E09 and E85: what a gateway does while the system beneath it refuses. */

const ready = async ({ url }: GatewayProcess) => (await fetch(`${url}/health/ready`)).status;
const counted = async ({ url }: GatewayProcess) =>
  (await fetch(`${url}/graphql?query={issues(first:0){totalCount}}`)).json();
const said = ({ log }: GatewayProcess, text: string) => log.filter((line) => line.includes(text)).length;

/** Once in ten seconds at most: how many lines are allowed after so long. */
const linesAllowed = (sinceMs: number) => 1 + Math.floor((performance.now() - sinceMs) / 10_000);

if (!canTrace) console.warn("SKIPPED: the count of syncs needs strace, and leave to trace processes.");
const canLimit = process.platform === "linux" && isThere("prlimit");
if (!canLimit) console.warn("SKIPPED: limits of a process that runs need prlimit.");
/* Root writes everywhere, unless that is taken from it. */
const isRoot = process.getuid?.() === 0;
const canBeRefused = !isRoot || isThere("setpriv");
if (!canBeRefused) console.warn("SKIPPED: a folder that root cannot write needs setpriv.");

function isThere(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!canTrace)("the syncs of a gateway", () => {
  it("are one for each webhook that it acknowledges by itself, at least", async () => {
    await using gateway = await startProcess();
    const syncs = await syncsOf(gateway.process, async () => {
      for (let issue = 0; issue < 40; issue += 1) expect(await postIssue(gateway.url, issue)).toBe(202);
    });
    expect(syncs).toBeGreaterThanOrEqual(40);
  });

  it.each([
    ["as many as commits", "FULL", true],
    ["fewer than commits", "NORMAL", false],
  ])("would be %s with synchronous=%s, so the count can tell", (_, synchronous, areEnough) => {
    using folder = temporaryFolder();
    const script = join(import.meta.dirname, "commits.ts");
    const syncs = syncsOfScript([script, join(folder.path, "commits.db"), synchronous, "40"]);
    expect([syncs, syncs >= 40]).toEqual([syncs, areEnough]);
  });
});

describe("a gateway whose system has no folder for temporary files", () => {
  it("drops what is too old all the same, for it makes none", async () => {
    using folder = temporaryFolder();
    const database = join(folder.path, "issuewire.db");
    {
      await using store = await openStoreIn(database);
      const closed = { action: "resolved", status: "resolved", title: "x".repeat(20_000) };
      const issues = Array.from({ length: 200 }, (_, issue) => told({ ...closed, issue: String(issue) }));
      await Promise.all(issues.map(store.append));
    }
    using made = temporaryFolder();
    const names: (string | null)[] = [];
    const watching = watch(made.path, (_, name) => names.push(name));
    using _closing = { [Symbol.dispose]: () => watching.close() };
    await using gateway = await startProcess({
      database,
      settings: { RETENTION_EVENTS_DAYS: "1", SQLITE_TMPDIR: made.path },
    });
    await expect.poll(() => counted(gateway)).toEqual({ data: { issues: { totalCount: 0 } } });
    expect(names).toEqual([]);
  });
});

describe.skipIf(!canLimit)("a gateway that may not write any more", () => {
  it("answers 503, is not ready, says so once, and goes on by itself when it may again", async () => {
    await using gateway = await startProcess();
    const { pid } = gateway.process;
    const limit = (bytes: string) => execFileSync("prlimit", [`--pid=${pid}`, `--fsize=${bytes}:unlimited`]);
    expect(await postIssue(gateway.url, 0)).toBe(202);

    const since = performance.now();
    limit("1");
    for (let turn = 0; turn < 10; turn += 1) expect(await postIssue(gateway.url, 1)).toBe(503);
    expect(await ready(gateway)).toBe(503);
    expect(await counted(gateway)).toEqual({ data: { issues: { totalCount: 1 } } });
    for (const text of ["the store cannot write", "a webhook was not stored"]) {
      expect(said(gateway, text)).toBeGreaterThan(0);
      expect(said(gateway, text)).toBeLessThanOrEqual(linesAllowed(since));
    }

    limit("unlimited");
    expect(await ready(gateway)).toBe(200);
    expect(await postIssue(gateway.url, 1)).toBe(202);
    expect(said(gateway, "the store writes again")).toBe(1);
    expect(await counted(gateway)).toEqual({ data: { issues: { totalCount: 2 } } });
  });

  it("keeps its thread that writes when not even a large WAL can be moved into the database", async () => {
    await using gateway = await startProcess();
    const limit = (bytes: string) =>
      execFileSync("prlimit", [`--pid=${gateway.process.pid}`, `--fsize=${bytes}:unlimited`]);
    limit(String(20 * 1024 * 1024));
    const title = "x".repeat(20_000);
    let kept = 0;
    while ((await postIssue(gateway.url, kept, title)) === 202) kept += 1;
    expect(statSync(`${gateway.database}-wal`).size).toBeGreaterThan(16 * 1024 * 1024);
    expect(await ready(gateway)).toBe(503);

    limit("unlimited");
    expect(await ready(gateway)).toBe(200);
    expect(await postIssue(gateway.url, kept)).toBe(202);
    expect(await counted(gateway)).toEqual({ data: { issues: { totalCount: kept + 1 } } });
  });

  it("ends on SIGTERM all the same, with all that it acknowledged", async () => {
    await using gateway = await startProcess();
    expect(await postIssue(gateway.url, 0)).toBe(202);
    execFileSync("prlimit", [`--pid=${gateway.process.pid}`, "--fsize=1:unlimited"]);
    expect(await postIssue(gateway.url, 1)).toBe(503);
    gateway.process.kill("SIGTERM");
    await expect.poll(() => gateway.process.exitCode).toBe(0);
    await using store = await openStoreIn(gateway.database);
    expect(await store.reader.issueCount({ filter: {}, now: 0 })).toBe(1);
  });

  it("ends as on SIGINT when its terminal is closed", async () => {
    await using gateway = await startProcess({ settings: { DRAIN_DELAY: "PT60S" } });
    expect(await postIssue(gateway.url, 0)).toBe(202);
    expect(await gateway.end("SIGHUP")).toBe(0);
  });

  it("has no more files to open: takes no more connections, keeps what it has, and goes on afterwards", async () => {
    await using gateway = await startProcess({ settings: { LOG_LEVEL: "info" } });
    const { pid } = gateway.process;
    expect(await postIssue(gateway.url, 0)).toBe(202);
    const held = await open(gateway);
    const files = readdirSync(`/proc/${pid}/fd`).length;
    execFileSync("prlimit", [`--pid=${pid}`, `--nofile=${files + 20}`]);

    const more = await Promise.all(Array.from({ length: 60 }, () => open(gateway)));
    const answered = await Promise.all([held, ...more].map(isAnswered));
    // The one from before, and those that there were files for.
    expect(answered[0]).toBe(true);
    expect(answered.filter(Boolean).length).toBeGreaterThan(1);
    expect(answered.filter((is) => !is).length).toBeGreaterThanOrEqual(30);
    for (const socket of [held, ...more]) socket.destroy();

    await expect.poll(() => postIssue(gateway.url, 1)).toBe(202);
    expect(await counted(gateway)).toEqual({ data: { issues: { totalCount: 2 } } });
    expect(await gateway.end("SIGTERM")).toBe(0);
    expect(gateway.log.length).toBeLessThan(20);
  });
});

const isClosed = (socket: Socket): Promise<false> =>
  new Promise((resolve) => {
    if (socket.closed) resolve(false);
    else socket.once("close", () => resolve(false));
  });

/** A connection, or what is left of one that was refused. */
async function open({ url }: GatewayProcess): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  // What `close` follows.
  socket.on("error", () => {});
  const opened = new Promise<true>((resolve) => socket.once("connect", () => resolve(true)));
  await Promise.race([opened, isClosed(socket)]);
  return socket;
}

/** Whether anything is answered on a connection. */
function isAnswered(socket: Socket): Promise<boolean> {
  const answered = new Promise<true>((resolve) => socket.once("data", () => resolve(true)));
  socket.write("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return Promise.race([answered, isClosed(socket)]);
}

describe("a gateway whose database file is gone", () => {
  it("acknowledges nothing, is not ready, and goes on when the file is put back", async () => {
    await using gateway = await startProcess();
    expect(await postIssue(gateway.url, 0)).toBe(202);
    renameSync(gateway.database, `${gateway.database}.away`);
    const since = performance.now();
    for (let turn = 0; turn < 5; turn += 1) expect(await postIssue(gateway.url, 1)).toBe(503);
    expect(await ready(gateway)).toBe(503);
    expect(said(gateway, "was deleted, moved or replaced")).toBeLessThanOrEqual(2 * linesAllowed(since));
    // Another one in its place is not taken for it.
    writeFileSync(gateway.database, "");
    expect(await postIssue(gateway.url, 1)).toBe(503);

    renameSync(`${gateway.database}.away`, gateway.database);
    expect(await postIssue(gateway.url, 1)).toBe(202);
    expect(await ready(gateway)).toBe(200);
    await gateway.end("SIGKILL");
    await using store = await openStoreIn(gateway.database);
    expect(await store.reader.issueCount({ filter: {}, now: 0 })).toBe(2);
  });
});

describe("a gateway over whose database file a backup is copied", () => {
  it("acknowledges nothing, and is not ready", async () => {
    await using gateway = await startProcess();
    const { database } = gateway;
    expect(await postIssue(gateway.url, 0)).toBe(202);
    await backUpSqlite({ file: database, to: `${database}.backup`, onProgress: () => {} });
    expect(await postIssue(gateway.url, 1)).toBe(202);

    copyFileSync(`${database}.backup`, database);
    for (let turn = 0; turn < 3; turn += 1) expect(await postIssue(gateway.url, 2)).toBe(503);
    expect(await ready(gateway)).toBe(503);
    expect(said(gateway, "was overwritten while the gateway was running")).toBeGreaterThan(0);
  });
});

describe.skipIf(!canBeRefused)("a gateway in a folder that it cannot write", () => {
  it.each([
    ["an empty folder", false, 0o555],
    ["a database that it may only read", true, 0o555],
  ])("does not start, and says why: %s", async (_, isThere, mode) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    if (isThere) {
      await using _store = await openStoreIn(file);
    }
    for (const name of readdirSync(folder.path)) chmodSync(join(folder.path, name), 0o444);
    chmodSync(folder.path, mode);
    const bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
    const program = [process.execPath, join(inject("built"), "cli.js"), "serve"];
    const [command, ...args] = [...(isRoot ? bound : []), ...program];
    const child = spawn(command!, args, {
      env: { PATH: process.env["PATH"], PORT: "0", DATABASE_URL: `file:${file}` },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let text = "";
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
    expect((await once(child, "close"))[0]).toBe(1);
    expect(text).toContain(folder.path);
    expect(text).not.toMatch(/^\s+at /m);
    chmodSync(folder.path, 0o755);
  });
});
