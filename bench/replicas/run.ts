import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import pg from "pg";
import { freePort } from "../../test/free-port.ts";
import { startPostgres } from "../../test/postgres-server.ts";
import { followOverSse } from "../../test/process/followers.ts";
import { sendAndJournal } from "../../test/process/journal.ts";
import { postIssue } from "../../test/process/post.ts";
import { secret } from "../../test/process/secret.ts";
import { openSubscribers } from "../fanout/subscribers.ts";
import { percentile, runLoad, type LoadResult } from "../load.ts";
import { gatewayArgs, startServer, type ServerProcess } from "../process.ts";
import { webhookRequests } from "../requests.ts";

/**
 * What replicas on one PostgreSQL take in, beside a bare loop that inserts into the same server; how long an event takes
 * from one replica to those who follow another; and whether anything is lost or told twice when one of two is killed.
 *
 * Server, replicas and senders share this machine's cores, so that two replicas are not expected to take in twice as much:
 * what is measured is what a second one costs.
 */

const { values } = parseArgs({
  options: {
    webhooks: { type: "string", default: "10000" },
    rate: { type: "string", default: "500" },
    seconds: { type: "string", default: "10" },
    connections: { type: "string", default: "128" },
    subscribers: { type: "string", default: "100" },
    events: { type: "string", default: "200" },
    rounds: { type: "string", default: "5" },
  },
});
const [webhooks, rate, seconds, connections, subscribers, events, rounds] = [
  Number(values.webhooks),
  Number(values.rate),
  Number(values.seconds),
  Number(values.connections),
  Number(values.subscribers),
  Number(values.events),
  Number(values.rounds),
];

await using database = await startPostgres({ max_connections: "100", shared_buffers: "256MB" });

/** An empty schema's URL. */
async function schema(name: string): Promise<string> {
  await ask(database.url, `create schema ${name}`);
  const url = new URL(database.url);
  url.searchParams.set("options", `-c search_path=${name}`);
  return url.href;
}

async function ask<Row extends pg.QueryResultRow>(url: string, text: string, values: unknown[] = []) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

const startReplica = (url: string, port = 0): Promise<ServerProcess> =>
  startServer(gatewayArgs, {
    PORT: String(port),
    DATABASE_URL: url,
    SENTRY_CLIENT_SECRET: secret,
    LOG_LEVEL: "info",
  });

type Intake = { readonly fast: LoadResult; readonly cpuSeconds: number; readonly steady: LoadResult };

const warmUp = 2_000;
const requests = webhookRequests(warmUp + webhooks + rate * seconds, secret);

/** Sends to all of these servers alike. */
async function load(
  servers: readonly ServerProcess[],
  from: readonly Buffer[],
  perSecond: number,
): Promise<LoadResult> {
  const shared = from.values();
  const results = await Promise.all(
    servers.map(({ port }) =>
      runLoad({
        port,
        requests: shared,
        connections: connections / servers.length,
        rate: perSecond / servers.length,
      }),
    ),
  );
  const statuses = new Map<number, number>();
  for (const one of results)
    for (const [status, count] of one.statuses) statuses.set(status, (statuses.get(status) ?? 0) + count);
  return {
    answered: results.reduce((sum, { answered }) => sum + answered, 0),
    seconds: Math.max(...results.map((one) => one.seconds)),
    statuses,
    latencies: Float64Array.from(results.flatMap(({ latencies }) => [...latencies])).sort(),
  };
}

async function intake(servers: readonly ServerProcess[]): Promise<Intake> {
  await load(servers, requests.slice(0, warmUp), Infinity);
  const cpu = () => servers.reduce((sum, { cpuSeconds }) => sum + cpuSeconds(), 0);
  const before = cpu();
  const fast = await load(servers, requests.slice(warmUp, warmUp + webhooks), Infinity);
  const cpuSeconds = cpu() - before;
  const steady = await load(servers, requests.slice(warmUp + webhooks), rate);
  return { fast, cpuSeconds, steady };
}

async function intakeOf(kind: "bare" | 1 | 2): Promise<Intake> {
  const url = await schema(`intake_${kind}`);
  await using all = new AsyncDisposableStack();
  const servers: ServerProcess[] = [];
  if (kind === "bare") servers.push(all.use(await startServer(["bench/replicas/bare.ts", url, secret])));
  else for (let made = 0; made < kind; made += 1) servers.push(all.use(await startReplica(url)));
  // Awaited here, before the servers are stopped.
  return await intake(servers);
}

/** Milliseconds from sending a webhook to one replica to the receipt by all who follow the one or the other, ascending. */
async function fanout() {
  const url = await schema("fanout");
  await using one = await startReplica(url);
  await using other = await startReplica(url);
  const sentAt: number[] = [];
  const acks: number[] = [];
  const received = { same: [] as number[], other: [] as number[] };
  const follow = ({ port }: ServerProcess, latencies: number[]) =>
    openSubscribers({
      port,
      count: subscribers / 2,
      transport: "sse",
      query: "subscription { issueChanged { cursor kind issue { id title status } } }",
      variablesOf: () => ({}),
      onResult: (n) => latencies.push(performance.now() - sentAt[n]!),
    });
  using _same = await follow(one, received.same);
  using _other = await follow(other, received.other);
  for (let event = 0; event < events; event += 1) {
    const at = performance.now();
    sentAt.push(at);
    const status = await postIssue(`http://127.0.0.1:${one.port}`, event + 1);
    if (status !== 202) throw new Error(`A webhook was answered ${status}.`);
    acks.push(performance.now() - at);
    await wait(50);
  }
  const all = (events * subscribers) / 2;
  while (received.same.length < all || received.other.length < all) await wait(20);
  const ascending = (latencies: readonly number[]) => Float64Array.from(latencies).sort();
  return { acks: ascending(acks), same: ascending(received.same), other: ascending(received.other) };
}

/** Kills one of two replicas in the middle, so many times; what of the acknowledged is gone, and what was told twice or not. */
async function kills() {
  const url = await schema("kills");
  const ports = [await freePort(), await freePort()];
  await using all = new AsyncDisposableStack();
  const replicas: ServerProcess[] = [];
  all.defer(async () => {
    for (const replica of replicas) await replica[Symbol.asyncDispose]();
  });
  for (const port of ports) replicas.push(await startReplica(url, port));
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const [{ value: epoch }] = (await ask<{ value: string }>(
    url,
    "select value from meta where name = 'epoch'",
  )) as [{ value: string }];
  const oldest = Buffer.from(`v1.${epoch}.0`).toString("base64url");
  const followers = urls.map((one) => all.use(followOverSse(one, oldest)));
  const acknowledged: { readonly delivery: number; readonly sha256: string }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const stop = new AbortController();
    const sending = urls.map((one) => sendAndJournal(one, { connections: 8, signal: stop.signal, round }));
    await wait(500 + Math.random() * 500);
    const killed = round % 2;
    await replicas[killed]![Symbol.asyncDispose]();
    replicas[killed] = await startReplica(url, ports[killed]!);
    stop.abort();
    for (const journal of await Promise.all(sending)) acknowledged.push(...journal.acknowledged);
  }
  const kept = await ask<{ id: string; sha256: Buffer }>(
    url,
    "select id, sha256 from deliveries where id = any($1)",
    [acknowledged.map(({ delivery }) => delivery)],
  );
  const sha256s = new Map(kept.map(({ id, sha256 }) => [Number(id), sha256.toString("hex")]));
  const seqs = (await ask<{ seq: string }>(url, "select seq from events order by seq")).map(({ seq }) =>
    Number(seq),
  );
  await Promise.all(followers.map(({ reached }) => reached(seqs.at(-1)!)));
  const told = followers.map((follower) => follower.seqs);
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter(({ delivery, sha256 }) => sha256s.get(delivery) !== sha256).length,
    untold: told.reduce((sum, one) => sum + seqs.filter((seq) => !new Set(one).has(seq)).length, 0),
    repeated: told.reduce((sum, one) => sum + one.length - new Set(one).size, 0),
    isSameOrder: told.every((one) => one.join() === told[0]!.join()),
  };
}

const perSecond = ({ fast }: Intake): number => fast.answered / fast.seconds;
const refusedOf = ({ fast, steady }: Intake): number =>
  [...fast.statuses, ...steady.statuses].reduce(
    (sum, [status, count]) => (status === 202 ? sum : sum + count),
    0,
  );
const ms = (latencies: Float64Array, share: number): string => percentile(latencies, share).toFixed(1);

const measured: readonly (readonly [string, Intake])[] = [
  ["bare loop", await intakeOf("bare")],
  ["one replica", await intakeOf(1)],
  ["two replicas", await intakeOf(2)],
];
const bare = perSecond(measured[0]![1]);
const rows = measured.map(([name, one]) => {
  const micros = (one.cpuSeconds / one.fast.answered) * 1e6;
  return `| ${name} | ${perSecond(one).toFixed(0)} | ${(perSecond(one) / bare).toFixed(2)} | ${micros.toFixed(0)} | ${ms(one.steady.latencies, 0.5)} | ${ms(one.steady.latencies, 0.99)} | ${refusedOf(one)} |`;
});
const live = await fanout();
const killed = await kills();
console.log(`${webhooks} webhooks of simulated traffic after ${warmUp} to warm up, ${connections} connections; acks at ${rate}/s for ${seconds} s; PostgreSQL, replicas and senders on one machine, Node ${process.version}

| servers | webhooks/s | of the bare loop | CPU µs per webhook | ack p50 ms | ack p99 ms | not 202 |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

| ${events} events to ${subscribers} subscribers, from sending the webhook to one replica | p50 ms | p99 ms |
| --- | --- | --- |
| its acknowledgement | ${ms(live.acks, 0.5)} | ${ms(live.acks, 0.99)} |
| receipt by those who follow the same replica | ${ms(live.same, 0.5)} | ${ms(live.same, 0.99)} |
| receipt by those who follow the other | ${ms(live.other, 0.5)} | ${ms(live.other, 0.99)} |

${rounds} times one of two was killed under load: ${killed.acknowledged} acknowledged, ${killed.lost} lost, ${killed.untold} not told, ${killed.repeated} told twice, ${killed.isSameOrder ? "both told the same in the same order" : "the two told different orders"}`);
process.exitCode = killed.lost + killed.untold + killed.repeated === 0 && killed.isSameOrder ? 0 : 1;
