import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtempDisposable } from "node:fs/promises";
import { getPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { ReadTimeoutError, StorageUnavailableError } from "../../src/domain/failure.ts";
import type { Reader } from "../../src/store/reader.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { createReads, type ReadsOptions } from "../../src/store/sqlite/reads.ts";
import { told } from "./deliveries.ts";
import { openTestStore } from "./open.ts";

const everything = { filter: {}, now: 0 } as const;

/** Reads with threads that answer as `silent-worker.ts` does. */
function readsWith(options: Partial<ReadsOptions> = {}) {
  const asked: string[] = [];
  const here = new Proxy({} as Reader, {
    ownKeys: () => ["bounds", "issues", "projects", "outcomeCounts", "issueCount", "transitionsOf"],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    get: (_, name) => async () => asked.push(String(name)),
  });
  const reads = createReads({
    file: "the file",
    worker: new URL("./silent-worker.ts", import.meta.url),
    here,
    onUnreadable: () => {},
    timeoutMs: 10_000,
    maxWorkers: 1,
    maxWaiting: 1,
    ...options,
  });
  return Object.assign(reads, { asked });
}

describe("reads of a store", () => {
  it("keep what is quick on this thread, and send what may take long to another", async () => {
    await using reads = readsWith();
    await reads.reader.issues([]);
    expect(await reads.reader.issueCount(everything)).toBe("the file");
    // All that an issue has, of which there may be any amount.
    expect(await reads.reader.transitionsOf([])).toBe("the file");
    expect(reads.asked).toEqual(["issues"]);
  });

  it("end with a code when they take too long, and go on with another thread", async () => {
    await using reads = readsWith({ timeoutMs: 100 });
    await expect(reads.reader.outcomeCounts({ since: 0 })).rejects.toThrow(ReadTimeoutError);
    await expect(reads.reader.outcomeCounts({ since: 0 })).rejects.toThrow(ReadTimeoutError);
  });

  it("have their time from when their thread is there, however long it takes to start", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      await using reads = readsWith();
      const count = reads.reader.issueCount(everything);
      // It is asked, and no thread can start before the event loop goes on.
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      vi.advanceTimersByTime(60_000);
      expect(await count).toBe("the file");
    } finally {
      vi.useRealTimers();
    }
  });

  it("end with a code when their thread fails, and go on with another", async () => {
    await using reads = readsWith();
    {
      await using transaction = await reads.begin();
      await expect(transaction.projects([])).rejects.toThrow(StorageUnavailableError);
      await expect(transaction.projects([])).rejects.toThrow(StorageUnavailableError);
    }
    expect(await reads.reader.issueCount(everything)).toBe("the file");
  });

  it("wait for a thread that is taken, and are refused when too many wait", async () => {
    await using reads = readsWith();
    const transaction = await reads.begin();
    const waiting = reads.reader.issueCount(everything);
    await expect(reads.reader.issueCount(everything)).rejects.toThrow("Too many questions are waiting");
    await transaction[Symbol.asyncDispose]();
    expect(await waiting).toBe("the file");
  });

  it("have the thread of a read transaction as soon as that is over", async () => {
    await using reads = readsWith({ maxWaiting: 0 });
    {
      await using transaction = await reads.begin();
      await transaction.bounds();
    }
    expect(await reads.reader.issueCount(everything)).toBe("the file");
  });

  it("are refused when the thread that they wait for ends and no other can be started", async () => {
    const worker = new URL("./silent-worker.ts", import.meta.url);
    await using reads = readsWith({ worker });
    const transaction = await reads.begin();
    const waiting = reads.reader.issueCount(everything);
    const refused = expect(waiting).rejects.toThrow(StorageUnavailableError);
    await expect(transaction.projects([])).rejects.toThrow(StorageUnavailableError);
    worker.href = "https://nowhere.example/";
    await transaction[Symbol.asyncDispose]();
    await refused;
  });

  it("are refused when the store closes while they wait", async () => {
    const reads = readsWith();
    const taken = await reads.begin();
    const waiting = expect(reads.reader.issueCount(everything)).rejects.toThrow("closing");
    await reads[Symbol.asyncDispose]();
    await waiting;
    await taken[Symbol.asyncDispose]();
  });

  it("are refused once the store is closed, so that no thread is started that nobody would end", async () => {
    const reads = readsWith();
    expect(await reads.reader.issueCount(everything)).toBe("the file");
    await reads[Symbol.asyncDispose]();
    await expect(reads.begin()).rejects.toThrow("closing");
    await expect(reads.reader.issueCount(everything)).rejects.toThrow("closing");
  });
});

describe("reads that take too long", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("are refused when no thread was free for so long", async () => {
    await using reads = readsWith();
    const transaction = await reads.begin();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const waiting = expect(reads.reader.issueCount(everything)).rejects.toThrow(ReadTimeoutError);
    vi.advanceTimersByTime(10_000);
    await waiting;
    await transaction[Symbol.asyncDispose]();
    expect(await reads.reader.issueCount(everything)).toBe("the file");
  });

  it("leave no more threads than there may be, where theirs cannot be stopped", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "issuewire-reads-"));
    const pipe = join(folder.path, "pipe");
    execFileSync("mkfifo", [pipe]);
    await using reads = readsWith({ file: pipe, worker: new URL("./stuck-worker.ts", import.meta.url) });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let ended: unknown = null;
    reads.reader.outcomeCounts({ since: 0 }).catch((error: unknown) => (ended = error));
    while (!existsSync(`${pipe}.asked`)) await setImmediate();
    // Its time counts from when it is heard here that the thread is there.
    for (; ended === null; await setImmediate()) vi.advanceTimersByTime(10_000);
    expect(ended).toBeInstanceOf(ReadTimeoutError);
    const isStuckNoMore = reads.reader.issueCount(everything);
    // As long as another thread takes to start.
    const other = new Worker(new URL("./stuck-worker.ts", import.meta.url), { workerData: { file: pipe } });
    await once(other, "message");
    await other.terminate();
    writeFileSync(`${pipe}.released`, "");
    writeFileSync(pipe, "");
    expect(await isStuckNoMore).toBe(true);
  });
});

describe("a filter that takes long for each of many issues", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it(
    "is ended in the midst of its statement, and leaves its thread's place to others",
    { timeout: 120_000 },
    async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), "issuewire-reads-"));
      const file = join(folder.path, "issues.db");
      const { client } = openWriter(file);
      const title = "ab".repeat(1_000);
      client
        .prepare(
          `with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
        insert into issues (sentry_id, shown, last_seq, title, title_folded, status, status_since, count, user_count, rest, details)
        select i, 1, 1, ?, ?, 'unresolved', i, 1, 1, '{}', '{}' from n`,
        )
        .run(title, title);
      client.close();
      const worker = pathToFileURL(join(inject("built"), "read-worker.js"));
      await using reads = readsWith({ file, worker, timeoutMs: 1_000 });
      // Some 1 ms of comparing for each issue, many seconds in all.
      const slow = Array.from({ length: 100 }, (_, n) => ({
        title: { contains: `${"ab".repeat(50)}${n}` },
      }));
      const counting = reads.reader.issueCount({ filter: { or: slow }, now: 0 });
      await expect(counting).rejects.toThrow(ReadTimeoutError);
      // However long a thread takes to start, the next question waits for it.
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      expect(await reads.reader.issueCount(everything)).toBe(20_000);
    },
  );
});

describe("a store that counts", () => {
  it("acknowledges while a statistic takes as long as it likes", async () => {
    const threads = {
      read: new URL("./held-worker.ts", import.meta.url),
      write: pathToFileURL(join(inject("built"), "write-worker.js")),
    };
    await using store = await openTestStore({ threads });
    let isAnswered = false;
    const statistic = store.reader
      .timeInStatus({ ...everything, period: { from: 0, to: 1 } })
      .then(() => (isAnswered = true));
    for (let issue = 0; issue < 20; issue += 1) await store.append(told({ issue: String(issue) }));
    expect(isAnswered).toBe(false);
    writeFileSync(`${store.file}.released`, "");
    await statistic;
  });

  it("writes meanwhile", async () => {
    await using store = await openTestStore();
    await Promise.all(
      Array.from({ length: 500 }, (_, issue) => store.append(told({ issue: String(issue) }))),
    );
    await store.reader.issueCount(everything);
    const done: string[] = [];
    await Promise.all([
      ...Array.from({ length: 20 }, () =>
        store.reader.issueCount(everything).then(() => done.push("counted")),
      ),
      store.append(told({ issue: "501" })).then(() => done.push("written")),
    ]);
    expect(done.indexOf("written")).toBeLessThan(20);
    expect(await store.reader.issueCount(everything)).toBe(501);
  });

  it("come after the taking in of webhooks, where threads have priorities of their own", async () => {
    await using store = await openTestStore();
    await store.append(told({ issue: "1" }));
    expect(await store.reader.issueCount(everything)).toBe(1);
    // Only Linux has them, and says so here: the nineteenth of a thread's figures is how nice it is.
    const threads = globSync("/proc/self/task/*/stat").filter((file) => existsSync(file));
    const niceness = threads.map((file) => Number(readFileSync(file, "utf8").split(") ")[1]!.split(" ")[16]));
    const own = getPriority();
    expect(niceness.some((nice) => nice > own)).toBe(process.platform === "linux" && own < 10);
  });
});
