import { execFile } from "node:child_process";
import { EventEmitter } from "node:events";
import { promisify } from "node:util";
import type { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { OverloadedError, StorageUnavailableError } from "../../src/domain/failure.ts";
import { createParsePool } from "../../src/sentry/parse-pool.ts";
import { readPayload, type Payload } from "../../src/sentry/payload.ts";
import { aLargeBody, anIssueBody } from "./bodies.ts";

const inTime = Infinity;

/** A worker whose every step the test takes. */
class ScriptedWorker extends EventEmitter {
  readonly received: Uint8Array[] = [];

  postMessage(bytes: Uint8Array, transferred: readonly ArrayBuffer[]): void {
    this.received.push(structuredClone(bytes, { transfer: [...transferred] }));
  }
  unref(): void {}
  async terminate(): Promise<void> {
    this.emit("exit", 1);
  }
  answer(): void {
    this.emit("message", readPayload(this.received.at(-1)!));
  }
  die(): void {
    this.emit("error", new Error("out of memory"));
    this.emit("exit", 1);
  }
}

function scriptedPool(options: { maxWorkers?: number; maxWaitingBytes?: number; isWarm?: boolean } = {}) {
  const workers: ScriptedWorker[] = [];
  const startWorker = () => {
    const worker = new ScriptedWorker();
    workers.push(worker);
    return worker as unknown as Worker;
  };
  return { pool: createParsePool({ ...options, startWorker }), workers };
}

const body = anIssueBody();

describe("the parse pool", () => {
  it("reads as the main thread does, and leaves the bytes where they are", async () => {
    await using pool = createParsePool();
    const large = aLargeBody();
    const expected = readPayload(large);
    expect(await pool.read(large, inTime)).toEqual(expected);
    expect(readPayload(large)).toEqual(expected);
  });

  it.each([
    ["lists in lists", `${"[".repeat(400)}{}${"]".repeat(400)}`],
    ["empty objects", "{}"],
    ["an object in two lists", "[[{}]]"],
    ["maps in maps", `${'{"a":'.repeat(400)}{}${"}".repeat(400)}`],
  ])("reads the largest body that may come, if it is all %s", async (_, item) => {
    await using pool = createParsePool();
    const [start, end] = ['{"action":"created","data":{"issue":{"id":"1","metadata":{"x":[0', "]}}}}"];
    const most = 4 * 1_048_576 - start.length - end.length;
    const bytes = Buffer.from(`${start}${`,${item}`.repeat(Math.floor(most / (item.length + 1)))}${end}`);
    expect(await pool.read(bytes, inTime)).toMatchObject({ reading: { is: "issue" } });
  });

  it("carries keys named __proto__, lone surrogates in open maps and undecodable bytes between threads", async () => {
    await using pool = createParsePool();
    const issue = '{"id":"1","metadata":{"__proto__":{"polluted":true},"x":"\\ud800"}}';
    const bytes = Buffer.from(`{"action":"created","data":{"issue":${issue}}}`);
    const payload = await pool.read(bytes, inTime);
    if (payload.reading.is !== "issue") throw new Error(payload.reading.reason);
    expect(payload.reading.issue.snapshot.written.details).toContain(
      '"metadata":{"__proto__":{"polluted":true},"x":"\\ud800"}',
    );
    expect((await pool.read(Buffer.from([0xff]), inTime)).reading).toEqual({
      is: "quarantined",
      reason: "not UTF-8",
    });
  });

  it("starts workers as they are needed, two at most", async () => {
    const { pool, workers } = scriptedPool();
    expect(workers).toHaveLength(0);
    const first = pool.read(body, inTime);
    expect(workers).toHaveLength(1);
    workers[0]!.answer();
    await first;

    const others = [pool.read(body, inTime), pool.read(body, inTime), pool.read(body, inTime)];
    expect(workers.map((worker) => worker.received.length)).toEqual([2, 1]);
    workers[1]!.answer();
    expect(workers.map((worker) => worker.received.length)).toEqual([2, 2]);
    workers[0]!.answer();
    workers[1]!.answer();
    await Promise.all(others);
    expect(workers).toHaveLength(2);
  });

  it("starts the first at once where it is to be warm", async () => {
    const { pool, workers } = scriptedPool({ isWarm: true });
    expect(workers).toHaveLength(1);
    const reading = pool.read(body, inTime);
    expect(workers).toHaveLength(1);
    workers[0]!.answer();
    await reading;
  });

  it("keeps no process alive", async () => {
    const script = `
      import { createParsePool } from ${JSON.stringify(new URL("../../src/sentry/parse-pool.ts", import.meta.url))};
      const pool = createParsePool();
      const alive = setInterval(() => {}, 1000);
      const { action } = await pool.read(Buffer.from(process.argv[1]), Infinity);
      clearInterval(alive);
      console.log(action);
    `;
    const ended = promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", script, body.toString()],
      { timeout: 20_000 },
    );
    expect((await ended).stdout).toBe("created\n");
  });

  it("answers each with its own", async () => {
    const { pool, workers } = scriptedPool();
    const readings = [
      pool.read(anIssueBody({ action: "resolved" }), inTime),
      pool.read(anIssueBody({ action: "ignored" }), inTime),
    ];
    workers[1]!.answer();
    workers[0]!.answer();
    const actions = (await Promise.all(readings)).map((payload: Payload) => payload.action);
    expect(actions).toEqual(["resolved", "ignored"]);
  });

  it("replaces a worker that dies, and reads its body once more", async () => {
    const { pool, workers } = scriptedPool();
    const reading = pool.read(body, inTime);
    workers[0]!.die();
    expect(workers).toHaveLength(2);
    workers[1]!.answer();
    expect(await reading).toEqual(readPayload(body));
  });

  it("gives up a body that two workers died of, and reads the next", async () => {
    const { pool, workers } = scriptedPool({ maxWorkers: 1 });
    const deadly = pool.read(body, inTime);
    const next = pool.read(body, inTime);
    workers[0]!.die();
    workers[1]!.die();
    await expect(deadly).rejects.toThrow(StorageUnavailableError);
    workers[2]!.answer();
    expect(await next).toEqual(readPayload(body));
  });

  it("forgets a worker that dies with nothing to do", async () => {
    const { pool, workers } = scriptedPool();
    const first = pool.read(body, inTime);
    workers[0]!.answer();
    await first;
    workers[0]!.die();
    const second = pool.read(body, inTime);
    expect(workers).toHaveLength(2);
    workers[1]!.answer();
    await second;
  });

  it("rejects what no thread can be started for", async () => {
    const pool = createParsePool({
      startWorker() {
        throw new Error("EAGAIN");
      },
    });
    await expect(pool.read(body, inTime)).rejects.toThrow(StorageUnavailableError);
  });

  it("reads what is larger than all that may wait, where nothing does", async () => {
    const { pool, workers } = scriptedPool({ maxWaitingBytes: 1 });
    const reading = pool.read(body, inTime);
    workers[0]!.answer();
    expect(await reading).toEqual(readPayload(body));
  });

  it("rejects at once what would wait behind too much", async () => {
    const { pool, workers } = scriptedPool({ maxWorkers: 1, maxWaitingBytes: 2 * body.length });
    const begun = pool.read(body, inTime);
    const waiting = [pool.read(body, inTime), pool.read(body, inTime)];
    await expect(pool.read(body, inTime)).rejects.toThrow(OverloadedError);
    for (let read = 0; read < 3; read++) workers[0]!.answer();
    await Promise.all([begun, ...waiting]);
  });

  it("does not begin with what nobody waits for any more", async () => {
    const { pool, workers } = scriptedPool({ maxWorkers: 1 });
    const begun = pool.read(body, inTime);
    const late = pool.read(body, performance.now());
    const next = pool.read(body, inTime);
    workers[0]!.answer();
    await expect(late).rejects.toThrow(OverloadedError);
    workers[0]!.answer();
    await Promise.all([begun, next]);
    expect(workers[0]!.received).toHaveLength(2);
  });

  it("once disposed has ended its workers and rejects everything", async () => {
    const { pool, workers } = scriptedPool({ maxWorkers: 1 });
    const settled = Promise.allSettled([pool.read(body, inTime), pool.read(body, inTime)]);
    await pool[Symbol.asyncDispose]();
    const reasons = (await settled).map((result) => result.status === "rejected" && result.reason);
    expect(reasons).toEqual([expect.any(StorageUnavailableError), expect.any(StorageUnavailableError)]);
    await expect(pool.read(body, inTime)).rejects.toThrow(StorageUnavailableError);
    expect(workers).toHaveLength(1);
  });
});
