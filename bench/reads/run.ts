import { hash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createLogger } from "../../src/observability/logger.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { createReport } from "../../src/observability/report.ts";
import { readPayload } from "../../src/sentry/payload.ts";
import { issueObjectOf } from "../../src/sentry/raw-issue.ts";
import { pastTraffic } from "../../src/sentry/simulate/traffic.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import { percentile, runLoad } from "../load.ts";
import { startServer, type ServerProcess } from "../process.ts";

/**
 * How fast queries are answered, beside other GraphQL servers: each in a process of its own, over the same file, with
 * the same schema and resolvers.
 */

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "20000" },
    connections: { type: "string", default: "32" },
  },
});
const [count, connections] = [Number(values.requests), Number(values.connections)];

const day = 86_400_000;

/** A store of some two thousand issues; gives their ids. */
async function fill(file: string): Promise<readonly string[]> {
  await using store = await openSqliteStore({
    file,
    issueObjectOf,
    threads: {
      read: new URL("../../dist/read-worker.js", import.meta.url),
      write: new URL("../../dist/write-worker.js", import.meta.url),
    },
    report: createReport({ logger: createLogger({ level: "silent" }), metrics: createMetrics() }),
    onCommit: () => {},
    now: Date.now,
    maxWaiting: Infinity,
  });
  const to = Date.now();
  const ids = new Set<string>();
  const kept: Promise<unknown>[] = [];
  for (const { body, dueAt } of pastTraffic({
    seed: 1,
    secret: "x",
    issues: 2_000,
    from: to - 30 * day,
    to,
  })) {
    const { reading, ...row } = readPayload(body);
    if (reading.is !== "issue") continue;
    ids.add(reading.issue.snapshot.sentryId);
    const sha256 = hash("sha256", body);
    const [requestId, idempotencyKey] = [null, null];
    kept.push(
      store.append({
        body,
        reading,
        ...row,
        sha256,
        receivedAt: dueAt,
        sentAt: dueAt,
        requestId,
        idempotencyKey,
      }),
    );
  }
  await Promise.all(kept);
  return [...ids];
}

const one = `query ($id: String!) {
  issue(sentryId: $id) { id title status substatus level count lastSeen project { slug } assignee { __typename } }
}`;
const fifty = `query ($first: Int!) {
  issues(first: $first) {
    nodes { id title status substatus level count lastSeen project { slug } assignee { ... on User { name } ... on Team { name } } }
    pageInfo { hasNextPage endCursor }
  }
}`;

function request(body: object): Buffer {
  const json = JSON.stringify(body);
  return Buffer.from(
    `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
}

type Question = { readonly name: string; readonly count: number; readonly ask: (turn: number) => Buffer };

const questionsOf = (ids: readonly string[]): readonly Question[] => {
  const idOf = (turn: number) => ids[turn % ids.length]!;
  return [
    {
      name: "1 issue",
      count,
      // No two requests are the same, so that none is answered from memory.
      ask: (turn) => request({ query: one, variables: { id: idOf(turn) }, extensions: { turn } }),
    },
    {
      name: "50 issues",
      count: count / 4,
      ask: (turn) => request({ query: fifty, variables: { first: 50 }, extensions: { turn } }),
    },
    {
      name: "1 issue, again",
      count,
      ask: () => request({ query: one, variables: { id: idOf(0) } }),
    },
    {
      name: "50 issues, again",
      count: count / 2,
      ask: () => request({ query: fifty, variables: { first: 50 } }),
    },
  ];
};

async function measure(server: ServerProcess, { count, ask }: Question) {
  const run = async (from: number, to: number) => {
    const requests = (function* () {
      for (let turn = from; turn < to; turn += 1) yield ask(turn);
    })();
    return runLoad({ port: server.port, requests, connections, rate: Infinity });
  };
  await run(-count / 4, 0);
  const before = server.cpuSeconds();
  const { answered, seconds, statuses, latencies } = await run(0, count);
  if (statuses.get(200) !== answered) throw new Error(`Not all were answered: ${[...statuses].join(" ")}`);
  return {
    perSecond: answered / seconds,
    micros: ((server.cpuSeconds() - before) / answered) * 1e6,
    p99: percentile(latencies, 0.99),
  };
}

const folder = mkdtempSync(join(tmpdir(), "issuewire-bench-"));
try {
  const file = join(folder, "bench.db");
  const questions = questionsOf(await fill(file));
  const servers: Readonly<Record<string, () => Promise<ServerProcess>>> = {
    gateway: () =>
      startServer(["dist/cli.js", "serve"], { PORT: "0", DATABASE_URL: `file:${file}`, LOG_LEVEL: "info" }),
    "stock Yoga": () => startServer(["bench/reads/server.ts", "yoga", file], { NODE_ENV: "production" }),
    "Apollo Server": () => startServer(["bench/reads/server.ts", "apollo", file], { NODE_ENV: "production" }),
    "Mercurius, JIT": () =>
      startServer(["bench/reads/server.ts", "mercurius", file], { NODE_ENV: "production" }),
  };
  console.log(`${count} requests, ${connections} connections, Node ${process.version}

| server | question | requests/s | of the gateway's | CPU µs per request | p99 ms |
| --- | --- | --- | --- | --- | --- |`);
  const ours = new Map<string, number>();
  for (const [name, start] of Object.entries(servers)) {
    await using server = await start();
    for (const question of questions) {
      // Only the gateway has a memory of its answers.
      if (name !== "gateway" && question.name.endsWith("again")) continue;
      const { perSecond, micros, p99 } = await measure(server, question);
      if (name === "gateway") ours.set(question.name, perSecond);
      const share = perSecond / ours.get(question.name)!;
      console.log(
        `| ${name} | ${question.name} | ${perSecond.toFixed(0)} | ${share.toFixed(2)} | ${micros.toFixed(0)} | ${p99.toFixed(1)} |`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
