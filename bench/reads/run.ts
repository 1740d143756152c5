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
import { pastTraffic } from "../../src/simulate/traffic.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import { percentile, runLoad } from "../load.ts";
import { gatewayArgs, startServer, type ServerProcess } from "../process.ts";

/**
 * How fast queries are answered, beside other GraphQL servers: each in a process of its own, over the same file, with
 * the same schema and resolvers.
 */

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "60000" },
    connections: { type: "string", default: "32" },
    rounds: { type: "string", default: "5" },
  },
});
const [count, connections, rounds] = [values.requests, values.connections, values.rounds].map(Number) as [
  number,
  number,
  number,
];

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

type Question = {
  readonly name: string;
  /** How often each server is asked. */
  readonly count: number;
  readonly body: (turn: number) => object;
  readonly ask: (turn: number) => Buffer;
  /** Whether it is the same request each time. */
  readonly isRepeated: boolean;
};

const questionsOf = (ids: readonly string[]): readonly Question[] => {
  const single = (turn: number) => ({ query: one, variables: { id: ids[turn % ids.length]! } });
  const page = () => ({ query: fifty, variables: { first: 50 } });
  // No two requests are the same, so that none is answered from memory.
  const different = (name: string, count: number, body: (turn: number) => object): Question => ({
    name,
    count,
    body,
    ask: (turn) => request({ ...body(turn), extensions: { turn } }),
    isRepeated: false,
  });
  const repeated = (name: string, count: number, body: (turn: number) => object): Question => {
    const bytes = request(body(0));
    return { name, count, body, ask: () => bytes, isRepeated: true };
  };
  return [
    different("1 issue", count, single),
    different("50 issues", count / 4, page),
    repeated("1 issue, again", count, single),
    repeated("50 issues, again", count / 2, page),
  ];
};

/** What one server took for all its rounds of one question. */
type Taken = { answered: number; seconds: number; cpuSeconds: number; readonly latencies: number[] };

async function run(server: ServerProcess, { ask }: Question, from: number, to: number) {
  const requests = (function* () {
    for (let turn = from; turn < to; turn += 1) yield ask(turn);
  })();
  const load = await runLoad({ port: server.port, requests, connections, rate: Infinity });
  const { answered, statuses } = load;
  if (statuses.get(200) !== answered) throw new Error(`Not all were answered: ${[...statuses].join(" ")}`);
  return load;
}

/** Rounds before those that count: what a server runs for each request is compiled for good only after thousands. */
const warmUpRounds = 3;

/** Asks the servers in turns, round after round, so that whatever else the machine does meanwhile slows all of them. */
async function measure(
  servers: ReadonlyMap<string, ServerProcess>,
  question: Question,
): Promise<ReadonlyMap<string, Taken>> {
  const nothing = (): Taken => ({ answered: 0, seconds: 0, cpuSeconds: 0, latencies: [] });
  const taken = new Map([...servers.keys()].map((name) => [name, nothing()]));
  const size = Math.ceil(question.count / rounds);
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    for (const [name, server] of servers) {
      const before = server.cpuSeconds();
      const { answered, seconds, latencies } = await run(server, question, round * size, (round + 1) * size);
      if (round < warmUpRounds) continue;
      const sum = taken.get(name)!;
      sum.answered += answered;
      sum.seconds += seconds;
      sum.cpuSeconds += server.cpuSeconds() - before;
      sum.latencies.push(...latencies);
    }
  }
  return taken;
}

/** @throws Error where the servers do not all say the same. */
async function compare(servers: ReadonlyMap<string, ServerProcess>, { name, body }: Question): Promise<void> {
  const said = new Set<string>();
  for (const { port } of servers.values()) {
    const headers = { "Content-Type": "application/json", Accept: "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body(0)) };
    // Apollo ends its answers with a line feed.
    said.add((await (await fetch(`http://localhost:${port}/graphql`, init)).text()).trimEnd());
  }
  if (said.size !== 1) throw new Error(`The servers answer "${name}" differently: ${[...said].join("\n")}`);
}

/** Resolves once the server takes next to nothing: the gateway packs what it took in, which is not what is measured. */
async function idle(server: ServerProcess): Promise<void> {
  const everySeconds = 2;
  for (let used = Infinity; used > 0.05 * everySeconds;) {
    const before = server.cpuSeconds();
    await new Promise((resolve) => setTimeout(resolve, everySeconds * 1000));
    used = server.cpuSeconds() - before;
  }
}

const folder = mkdtempSync(join(tmpdir(), "issuewire-bench-"));
try {
  const file = join(folder, "bench.db");
  const questions = questionsOf(await fill(file));
  await using started = new AsyncDisposableStack();
  const start = async (args: readonly string[], env: Readonly<Record<string, string>>) =>
    started.use(await startServer(args, env));
  const other = (kind: string) => start(["bench/reads/server.ts", kind, file], { NODE_ENV: "production" });
  const servers = new Map([
    ["gateway", await start(gatewayArgs, { PORT: "0", DATABASE_URL: `file:${file}`, LOG_LEVEL: "info" })],
    ["stock Yoga", await other("yoga")],
    ["Apollo Server", await other("apollo")],
    ["Mercurius, JIT", await other("mercurius")],
  ]);

  for (const server of servers.values()) await idle(server);
  console.log(`${count} requests in ${rounds} rounds, ${connections} connections, Node ${process.version}

| question | server | requests/s | CPU µs per request | of the gateway's | p99 ms |
| --- | --- | --- | --- | --- | --- |`);
  for (const question of questions) {
    await compare(servers, question);
    // Only the gateway has a memory of its answers.
    const asked = question.isRepeated ? new Map([...servers].slice(0, 1)) : servers;
    const taken = await measure(asked, question);
    const micros = ({ cpuSeconds, answered }: Taken) => (cpuSeconds / answered) * 1e6;
    const ours = micros(taken.get("gateway")!);
    for (const [name, one] of taken) {
      const p99 = percentile(Float64Array.from(one.latencies).sort(), 0.99);
      const cells = [
        question.name,
        name,
        (one.answered / one.seconds).toFixed(0),
        micros(one).toFixed(0),
        (micros(one) / ours).toFixed(2),
        p99.toFixed(1),
      ];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
