import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { sign } from "../../src/sentry/signature.ts";
import { percentile } from "../load.ts";
import { gatewayArgs, startServer, type ServerProcess } from "../process.ts";
import { openSubscribers, type Transport } from "./subscribers.ts";

/**
 * What it costs to tell many of one event: the gateway beside the bare loop and stock Yoga with createPubSub, each in a
 * process of its own, told of the same number of events at the same rate. What a server takes over the same time for the
 * events alone, with nobody subscribed, and for its subscribers alone, without an event, is taken off; the second is a
 * figure of its own. Latencies hold what this process takes to read, which the bare loop's show.
 */

const { values } = parseArgs({
  options: {
    subscribers: { type: "string", default: "1,100,1000,10000" },
    operations: { type: "string", default: "1,100" },
    transports: { type: "string", default: "sse,websocket" },
    servers: { type: "string", default: "bare,gateway,yoga" },
    // A round of pings: each subscriber gets one while it idles, and one while it is told of events.
    seconds: { type: "string", default: "12" },
  },
});
const numbers = (text: string): readonly number[] => text.split(",").map(Number);
const [counts, operations, seconds] = [
  numbers(values.subscribers),
  numbers(values.operations),
  Number(values.seconds),
];
const transports = values.transports.split(",") as Transport[];
const kinds = values.servers.split(",") as Kind[];

type Kind = "bare" | "gateway" | "yoga";

const mostForYoga = 1_000;

/** From the last subscriber's coming to the first measurement. */
const settleMs = 36_000;

/** Results below which the CPU for each is not told. */
const leastForCpu = 10_000;

const secret = "a secret of the bench";
const folder = mkdtempSync(join(tmpdir(), "issuewire-bench-"));
using begun = new DisposableStack();
begun.defer(() => rmSync(folder, { recursive: true }));
const sampleOf = { sse: join(folder, "event.txt"), websocket: join(folder, "message.txt") };
const dataFile = join(folder, "data.json");

const query = `subscription ($filter: IssueFilter) { issueChanged(filter: $filter) { cursor kind
  issue { id shortId title status substatus level count lastSeen } event { action source occurredAt } } }`;

/** At 20 events a second to a thousand, and fewer to more: what is measured is the server, and this process reads it all. */
const rateFor = (subscribers: number): number => Math.max(1, Math.min(20, 20_000 / Math.max(1, subscribers)));
const eventsFor = (subscribers: number): number => Math.ceil(seconds * rateFor(subscribers));

function start(kind: Kind): Promise<ServerProcess> {
  if (kind === "bare") return startServer(["bench/fanout/bare.ts", sampleOf.sse, sampleOf.websocket]);
  if (kind === "yoga") return startServer(["bench/fanout/yoga.ts", dataFile]);
  return startServer(gatewayArgs, {
    PORT: "0",
    DATABASE_URL: `file:${join(mkdtempSync(join(folder, "db-")), "bench.db")}`,
    SENTRY_CLIENT_SECRET: secret,
    LIMIT_SOCKETS_PER_ADDRESS: "20000",
  });
}

const agent = new Agent({ keepAlive: true });
begun.defer(() => agent.destroy());
let published = 0;

/** One event: a webhook that changes the status of one issue, or the servers' own /publish. */
async function publish(kind: Kind, port: number): Promise<void> {
  published += 1;
  // Fifty issues in turns: of two webhooks that are under way at once, the second may come first.
  const isResolved = Math.floor(published / 50) % 2 === 0;
  const issue = {
    id: String(4501 + (published % 50)),
    shortId: "CHECKOUT-1A2",
    title: "TypeError: Cannot read properties of undefined (reading 'total')",
    status: isResolved ? "resolved" : "unresolved",
    substatus: isResolved ? null : "regressed",
    level: "error",
    count: String(published),
    lastSeen: new Date(Date.UTC(2026, 0, 1) + published * 60_000).toISOString(),
  };
  const body = Buffer.from(
    JSON.stringify({ action: isResolved ? "resolved" : "unresolved", data: { issue } }),
  );
  const headers = {
    "content-type": "application/json",
    "content-length": body.length,
    "sentry-hook-signature": sign(secret, body),
    "sentry-hook-timestamp": String(Math.floor(Date.UTC(2026, 0, 1) / 1000) + published * 60),
  };
  const path = kind === "gateway" ? "/webhooks/sentry" : "/publish";
  const send = () =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ port, path, method: "POST", agent, headers }, (response) =>
        response.resume().on("end", () => resolve(response.statusCode)),
      )
        .on("error", reject)
        .end(body);
    });
  // A gateway whose disk is slow for a moment says so.
  for (let tries = 0; (await send()) !== 202; tries += 1) {
    if (tries === 100) throw new Error("No event was taken in 100 times.");
    await wait(50);
  }
}

type Measured = {
  /** While it told the events. */
  readonly cpuSeconds: number;
  /** Over as long a time before, without an event. */
  readonly idleCpuSeconds: number;
  readonly rssPerSubscriber: number;
  /** Milliseconds from sending an event to its receipt, ascending, of all subscribers. */
  readonly latencies: Float64Array;
  /** The same of the last subscriber to get each event. */
  readonly last: Float64Array;
};

/** What a server takes with nobody subscribed. */
type Nobody = Pick<Measured, "cpuSeconds" | "idleCpuSeconds">;

async function measure(
  kind: Kind,
  transport: Transport,
  subscribers: number,
  distinct: number,
): Promise<Measured> {
  await using server = await start(kind);
  const { port } = server;
  const rate = rateFor(subscribers);
  const warmUp = 5;
  const total = eventsFor(subscribers) + warmUp;
  const sentAt: number[] = [];
  const latencies: number[] = [];
  const lastAt: number[] = [];
  let left = subscribers * total;
  const done = Promise.withResolvers<void>();
  if (left === 0) done.resolve();

  // What is compiled and read for the first event is not measured.
  for (let number = 0; number < 20; number += 1) await publish(kind, port);
  const rssBefore = server.rssBytes();
  using opened = await openSubscribers({
    port,
    count: subscribers,
    transport,
    query,
    variablesOf: (number) => ({ filter: { title: { neq: `none is called ${number % distinct}` } } }),
    onResult(n) {
      if (n >= warmUp) {
        const now = performance.now();
        latencies.push(now - sentAt[n]!);
        lastAt[n] = now - sentAt[n]!;
      }
      left -= 1;
      if (left === 0) done.resolve();
    },
  });
  await wait(1_000);
  const rssPerSubscriber = (server.rssBytes() - rssBefore) / subscribers;
  // V8 collects what is left of so many coming, several times once nothing more comes: no cost of those who stay.
  await wait(subscribers < 1_000 ? 0 : settleMs);
  const idleCpuSeconds = await idling(server);
  let cpuBefore = NaN;
  const answered: Promise<void>[] = [];
  const begunAt = performance.now();
  for (let number = 0; number < total; number += 1) {
    const due = begunAt + (number / rate) * 1000 - performance.now();
    if (due > 0) await wait(due);
    if (number === warmUp) cpuBefore = server.cpuSeconds();
    sentAt[number] = performance.now();
    answered.push(publish(kind, port));
  }
  await Promise.all(answered);
  const isLate = wait(60_000, "late", { ref: false });
  if ((await Promise.race([done.promise, isLate])) === "late") throw new Error(`${left} results never came.`);
  const cpuSeconds = server.cpuSeconds() - cpuBefore;
  if (kind === "gateway") keepSample(transport, opened.sample());
  return {
    cpuSeconds,
    idleCpuSeconds,
    rssPerSubscriber,
    latencies: Float64Array.from(latencies).sort(),
    last: Float64Array.from(lastAt.slice(warmUp)).sort(),
  };
}

/** What a server takes while nothing happens, for as long as the events take. */
async function idling(server: ServerProcess): Promise<number> {
  const before = server.cpuSeconds();
  await wait(seconds * 1000);
  return server.cpuSeconds() - before;
}

/** The other servers send what the gateway did. */
function keepSample(transport: Transport, text: string): void {
  if (text === "") return;
  if (transport === "websocket") return writeFileSync(sampleOf.websocket, text.slice(text.indexOf('{"id"')));
  const event = /id: .*\nevent: next\ndata: (.*)\n\n/.exec(text)!;
  writeFileSync(sampleOf.sse, event[0]);
  writeFileSync(dataFile, JSON.stringify((JSON.parse(event[1]!) as { readonly data: object }).data));
}

await measure("gateway", "sse", 1, 1);
await measure("gateway", "websocket", 1, 1);
console.log(
  `${seconds} s of events; Node ${process.version}\n\n` +
    "| subscribers | operations | transport | server | CPU µs per result | to bare | idle CPU ms/s | kB per subscriber | p50 ms | p99 ms | p99 ms to the last |\n" +
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
);
const nobody = new Map<string, Nobody>();
for (const subscribers of counts) {
  for (const transport of transports) {
    let bare = NaN;
    for (const distinct of operations.filter((one) => one <= Math.max(1, subscribers))) {
      for (const kind of kinds) {
        // The bare loop knows of no operations, and Yoga executes for each subscriber whatever the operations are.
        if (kind !== "gateway" && distinct !== operations[0]) continue;
        // It would take minutes.
        if (kind === "yoga" && subscribers > mostForYoga) continue;
        const rate = rateFor(subscribers);
        const alone = nobody.get(`${kind} ${rate}`) ?? (await withNobody(kind, rate));
        nobody.set(`${kind} ${rate}`, alone);
        const measured = await measure(kind, transport, subscribers, distinct);
        const { cpuSeconds, rssPerSubscriber, latencies, last } = measured;
        // What a server takes with nobody and nothing is in both.
        const idle = measured.idleCpuSeconds - alone.idleCpuSeconds;
        const micros = ((cpuSeconds - alone.cpuSeconds - idle) / latencies.length) * 1e6;
        if (kind === "bare") bare = micros;
        // Of less, what the events alone take differs from run to run by as much.
        const isMeasurable = latencies.length >= leastForCpu;
        const cells = [
          subscribers,
          distinct,
          transport,
          kind,
          isMeasurable ? micros.toFixed(1) : "",
          isMeasurable ? (micros / bare).toFixed(2) : "",
          subscribers < 1000 ? "" : ((idle / seconds) * 1000).toFixed(0),
          subscribers < 1000 ? "" : (rssPerSubscriber / 1000).toFixed(0),
          percentile(latencies, 0.5).toFixed(1),
          percentile(latencies, 0.99).toFixed(1),
          percentile(last, 0.99).toFixed(1),
        ];
        console.log(`| ${cells.join(" | ")} |`);
      }
    }
  }
}
/** What a server takes for events at a rate, and for none, with nobody subscribed. */
async function withNobody(kind: Kind, rate: number): Promise<Nobody> {
  await using server = await start(kind);
  for (let number = 0; number < 20; number += 1) await publish(kind, server.port);
  const before = server.cpuSeconds();
  const begunAt = performance.now();
  for (let number = 0; number < seconds * rate; number += 1) {
    const due = begunAt + (number / rate) * 1000 - performance.now();
    if (due > 0) await wait(due);
    await publish(kind, server.port);
  }
  await wait(200);
  const cpuSeconds = server.cpuSeconds() - before;
  // Not before them: a server has much to do when it has just begun.
  return { cpuSeconds, idleCpuSeconds: await idling(server) };
}
