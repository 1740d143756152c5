import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import Database from "better-sqlite3";
import { describe, expect, inject, it } from "vitest";
import { examineSqlite } from "../../src/store/sqlite/doctor.ts";
import { startProcess, type GatewayProcess } from "../process/gateway.ts";
import { sendAndJournal } from "../process/journal.ts";
import { lostFrom } from "../process/kills.ts";
import { postIssue } from "../process/post.ts";
import { footprint, metric, openRawStream } from "../process/raw-stream.ts";
import { temporaryFolder } from "../store/open.ts";

/** Shorter than the experiments ask for, to try them: FAULTS_SHARE=0.1 is a tenth. */
const share = Number(process.env["FAULTS_SHARE"] ?? 1);
const seconds = (count: number): number => count * 1000 * share;

const say = (figures: object): void => console.log(JSON.stringify(figures));

const canMount = process.getuid?.() === 0 && existsSync("/proc/mounts");
if (!canMount) console.warn("SKIPPED: a disk that fills up needs root, to mount one.");

const mb = (file: string): number =>
  Math.round((statSync(file, { throwIfNoEntry: false })?.size ?? 0) / 1024 / 1024);

/** The share of webhooks that were acknowledged within so many seconds, which is a bound of the histogram. */
async function ackedWithin(url: string, bound: number): Promise<number> {
  const [within, all] = await Promise.all([
    metric(url, `issuewire_ack_seconds_bucket{le="${bound}"}`),
    metric(url, "issuewire_ack_seconds_count"),
  ]);
  return within / all;
}

/** Sends for as long as `work` takes; what was acknowledged. */
async function underLoad(gateway: GatewayProcess, work: () => Promise<void>) {
  const stop = new AbortController();
  const sending = sendAndJournal(gateway.url, { connections: 8, signal: stop.signal, round: 0 });
  await work();
  stop.abort();
  return sending;
}

const ready = async ({ url }: GatewayProcess) => (await fetch(`${url}/health/ready`)).status;

/** A file system of its own in memory. */
function memoryDisk(size: string) {
  const folder = temporaryFolder();
  const path = join(folder.path, "disk");
  mkdirSync(path);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path]);
  return {
    path,
    remount: (options: string) => execFileSync("mount", ["-o", `remount,${options}`, path]),
    [Symbol.dispose]: () => {
      execFileSync("umount", ["-l", path]);
      folder[Symbol.dispose]();
    },
  };
}

it("E05: a reader that reads for a minute lets the WAL grow, holds up no webhook, and leaves no large WAL", async () => {
  await using gateway = await startProcess();
  const wal = `${gateway.database}-wal`;
  let most = 0;
  await underLoad(gateway, async () => {
    await wait(seconds(5));
    const reader = new Database(gateway.database, { readonly: true });
    reader.exec("begin");
    reader.prepare("select count(*) from deliveries").get();
    await wait(seconds(60));
    most = mb(wal);
    reader.close();
    await wait(seconds(30));
  });
  const within = await ackedWithin(gateway.url, 0.25);
  say({ exp: "E05", walMb: most, afterMb: mb(wal), ackedWithin250ms: within });
  expect(mb(wal)).toBeLessThanOrEqual(64);
  expect(within).toBeGreaterThan(0.99);
});

it("E07: another process that writes for three seconds costs a 503 in time, and nothing more", async () => {
  await using gateway = await startProcess();
  expect(await postIssue(gateway.url, 0)).toBe(202);
  const other = new Database(gateway.database);
  other.exec("begin immediate");
  const begunAt = performance.now();
  const waits: number[] = [];
  while (performance.now() - begunAt < 3_000) {
    const at = performance.now();
    expect(await postIssue(gateway.url, 1)).toBe(503);
    waits.push(performance.now() - at);
  }
  other.exec("rollback");
  other.close();
  expect(await postIssue(gateway.url, 1)).toBe(202);
  say({ exp: "E07", n: waits.length, longestMs: Math.round(Math.max(...waits)) });
  // Sentry waits for a second.
  expect(Math.max(...waits)).toBeLessThan(1_000);
});

describe.skipIf(!canMount)("a disk", () => {
  it("E06: that is full costs 503 and readiness, and nothing that was acknowledged; then there is room again", async () => {
    using disk = memoryDisk("16m");
    const database = join(disk.path, "issuewire.db");
    await using gateway = await startProcess({ database });
    const { acknowledged, sent } = await underLoad(gateway, async () => {
      while ((await ready(gateway)) === 200) await wait(50);
      await wait(seconds(5));
    });
    expect((await fetch(`${gateway.url}/graphql?query={issues(first:1){totalCount}}`)).status).toBe(200);
    disk.remount("size=256m");
    expect(await ready(gateway)).toBe(200);
    expect(await postIssue(gateway.url, 1)).toBe(202);
    await gateway.end("SIGTERM");
    const lost = lostFrom(database, acknowledged);
    say({ exp: "E06", sent: sent(), acknowledged: acknowledged.length, lost: lost.length });
    expect(lost).toEqual([]);
    expect(await examineSqlite({ file: database, onProgress: () => {} })).toEqual([]);
  });
});

it("E11: backups that are made under load are each whole, and a beginning of the log", async () => {
  await using gateway = await startProcess();
  using folder = temporaryFolder();
  const backups: string[] = [];
  await underLoad(gateway, async () => {
    for (let turn = 0; turn < Math.max(2, 30 * share); turn += 1) {
      await wait(seconds(10));
      const backup = join(folder.path, `${turn}.db`);
      execFileSync(process.execPath, [join(inject("built"), "cli.js"), "backup", backup], {
        env: { PATH: process.env["PATH"], DATABASE_URL: `file:${gateway.database}` },
        stdio: "ignore",
      });
      backups.push(backup);
    }
  });
  const within = await ackedWithin(gateway.url, 0.25);
  const whole = idsIn(gateway.database);
  for (const backup of backups) {
    const ids = idsIn(backup);
    expect(ids).toEqual(whole.slice(0, ids.length));
    const findings = await examineSqlite({ file: backup, onProgress: () => {} });
    // It has no instance file beside it.
    expect(findings.filter(({ problem }) => !problem.includes("put back from a backup"))).toEqual([]);
  }
  say({ exp: "E11", backups: backups.length, deliveries: whole.length, ackedWithin250ms: within });
});

function idsIn(file: string): readonly string[] {
  const client = new Database(file, { readonly: true });
  const ids = client
    .prepare<[], string>("select seq || ' ' || hex(place) from events order by seq")
    .pluck()
    .all();
  client.close();
  return ids;
}

it("E84: 256 MB of heap are enough for a load with a hundred who follow it", async () => {
  await using gateway = await startProcess({ settings: { NODE_OPTIONS: "--max-old-space-size=256" } });
  const followers = await Promise.all(Array.from({ length: 100 }, () => openRawStream(gateway.url)));
  const { acknowledged } = await underLoad(gateway, () => wait(seconds(60)));
  say({ exp: "E84", acknowledged: acknowledged.length, ...footprint(gateway.process.pid!) });
  expect(gateway.process.exitCode).toBeNull();
  expect(await postIssue(gateway.url, 0)).toBe(202);
  for (const { socket } of followers) socket.destroy();
});
