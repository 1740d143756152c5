import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import Database from "better-sqlite3";
import { freePort } from "../../test/free-port.ts";
import { percentile } from "../load.ts";
import { gatewayArgs, startServer, type ServerProcess } from "../process.ts";
import { faultsOf, slopeOf, type Followed } from "./check.ts";
import { startFollower } from "./follower.ts";
import { send } from "./sender.ts";

/**
 * A day of a gateway in ten minutes: webhooks, followers who come and go, readers, and two restarts, one with notice and
 * one without. Prints what it took, and exits with 1 when a promise is broken: an entry missed or told twice, an
 * acknowledged webhook that is not there, a webhook refused while the gateway runs, files or a WAL that grow.
 *
 * `--control` makes the followers' records wrong and claims an acknowledgement that never was: the run has to fail.
 */

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "500" },
    subscribers: { type: "string", default: "1000" },
    control: { type: "boolean", default: false },
  },
});
const seconds = Number(values.minutes) * 60;
const [rate, subscribers] = [Number(values.rate), Number(values.subscribers)];

/** So many titles, each shared by as many issues: what a follower is told is its title's share of the webhooks. */
const groups = 100;
const issues = 1_000;
const titleOf = (group: number) => `TypeError: Cannot read properties of undefined (reading 'total${group}')`;
const groupOf = (issue: number) => issue % groups;

const secret = "a secret of the bench";
const folder = mkdtempSync(join(tmpdir(), "issuewire-soak-"));
await using begun = new AsyncDisposableStack();
begun.defer(() => rmSync(folder, { recursive: true }));
const file = join(folder, "soak.db");
const port = await freePort();

type Sample = {
  readonly at: number;
  readonly rssMb: number;
  readonly files: number;
  readonly walMb: number;
};
/** One life of the gateway's process, as it was looked at once a second. */
type Life = { readonly name: string; readonly samples: Sample[] };
const lives: Life[] = [];

/** Times of `performance.now()` between which the gateway is not there, or not yet. */
const away: { readonly from: number; to: number }[] = [];
const broken: string[] = [];

async function startGateway(name: string): Promise<ServerProcess> {
  const server = await startServer(gatewayArgs, {
    PORT: String(port),
    DATABASE_URL: `file:${file}`,
    SENTRY_CLIENT_SECRET: secret,
    LIMIT_SOCKETS_PER_ADDRESS: String(subscribers + 10),
  });
  lives.push({ name, samples: [] });
  return server;
}

let gateway = await startGateway("from the start");
begun.defer(() => gateway[Symbol.asyncDispose]());

async function restart(name: string, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  const window = { from: performance.now(), to: Infinity };
  away.push(window);
  const status = await gateway.end(signal);
  if (signal === "SIGTERM" && status !== 0) broken.push(`SIGTERM: exit status ${status}, not 0`);
  gateway = await startGateway(name);
  // What was begun before it listened is answered a moment later.
  window.to = performance.now();
}

const walMb = () => (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) / 1024 / 1024;
const sampling = setInterval(() => {
  const { rssBytes, openFiles } = gateway;
  const sample = { rssMb: rssBytes() / 1024 / 1024, files: openFiles(), walMb: walMb() };
  // Between two processes there is nothing to look at.
  if (sample.rssMb > 0) lives.at(-1)!.samples.push({ at: performance.now() / 1000, ...sample });
}, 1_000);
begun.defer(() => clearInterval(sampling));

async function ask<Data>(query: string): Promise<Data> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { readonly data: Data; readonly errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

const queries = [
  "{ feed { cursor } issues(first: 50, filter: { status: { eq: UNRESOLVED } }) { totalCount nodes { id title status count } } }",
  '{ issue(shortId: "SOAK-A") { title transitions(first: 20) { nodes { kind occurredAt } } statusSpans { seconds } } }',
  '{ transitions(first: 20, filter: { kind: [REGRESSED], occurredAt: { gte: "-P1D" } }) { nodes { issue { shortId } } } }',
  '{ issueStats(period: { from: "-P7D" }) { total byStatus { status count } } }',
];
const read = { answered: [] as number[], failed: [] as { readonly from: number; readonly to: number }[] };

/** Ten questions a second, one after the other. */
async function readOn(signal: AbortSignal): Promise<void> {
  for (let number = 0; !signal.aborted; number += 1) {
    const askedAt = performance.now();
    try {
      await ask(queries[number % queries.length]!);
      read.answered.push(performance.now() - askedAt);
    } catch {
      read.failed.push({ from: askedAt, to: performance.now() });
    }
    await wait(100);
  }
}

/** True when something lasted from one of these times to the other while the gateway was away. */
const wasAway = (from: number, to: number): boolean =>
  away.some((window) => from <= window.to && to >= window.from);

const { feed } = await ask<{ readonly feed: { readonly cursor: string } }>("{ feed { cursor } }");
const followers = Array.from({ length: subscribers }, (_, number) =>
  startFollower({
    port,
    transport: number % 2 === 0 ? "sse" : "websocket",
    group: number % groups,
    titleOf,
    cursor: feed.cursor,
  }),
);
const stop = new AbortController();
const reading = readOn(stop.signal);
const titleOfIssue = (issue: number) => titleOf(groupOf(issue));
const sending = send({ port, secret, rate, issues, titleOfIssue, signal: stop.signal });

// Caches and what a collector leaves lying about grow for minutes: the last life is long enough to show what it stays at.
await wait(0.15 * seconds * 1000);
console.error("15 % is over: SIGTERM.");
await restart("after SIGTERM", "SIGTERM");
await wait(0.15 * seconds * 1000);
console.error("30 % is over: SIGKILL.");
await restart("after SIGKILL", "SIGKILL");
await wait(0.7 * seconds * 1000);
console.error("All is sent: followers catch up, then everything is compared.");
stop.abort();
const answers = await sending;
await reading;

/** The positions of each group's entries, read past the gateway. */
function logOfGroups(): { readonly newest: number; readonly groups: ReadonlyMap<string, readonly number[]> } {
  const client = new Database(file, { readonly: true });
  const rows = client
    .prepare<[], { readonly seq: number; readonly title: string }>(
      "select events.seq, issues.title from events join issues on issues.sentry_id = events.issue_id order by events.seq",
    )
    .all();
  client.close();
  const found = new Map<string, number[]>();
  for (const { seq, title } of rows) {
    const seqs = found.get(title) ?? [];
    seqs.push(seq);
    found.set(title, seqs);
  }
  return { newest: rows.at(-1)?.seq ?? 0, groups: found };
}

/** How many of these deliveries are not there. */
function missingOf(ids: readonly number[]): number {
  const client = new Database(file, { readonly: true });
  const find = client.prepare("select 1 from deliveries where id = ?").pluck();
  const missing = ids.filter((id) => find.get(id) === undefined).length;
  client.close();
  return missing;
}

const log = logOfGroups();
for (const follower of followers) follower.settle();
const isBehind = () => followers.some(({ position }) => position() < log.newest);
// The first ping of one who has come back says how far it is, and another one in twelve seconds.
for (let waited = 0; waited < 60_000 && isBehind(); waited += 100) await wait(100);
await Promise.all(followers.map(({ leave }) => leave()));
// Who has just gone is noticed a moment later.
await wait(2_000);
const left = await fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text());
const subscribed = [...left.matchAll(/^issuewire_subscribers\{.*\} (\d+)$/gm)].reduce(
  (sum, [, count]) => sum + Number(count),
  0,
);
const filesAfterwards = gateway.openFiles();
clearInterval(sampling);
await gateway.end("SIGTERM");

const acknowledged = answers.filter(({ status }) => status === 202);
const claimed = acknowledged.map(({ delivery }) => delivery);
const told = followers.map(({ followed }) => followed(log.newest));
if (values.control) {
  claimed.push(claimed.length + 1_000_000);
  told[0] = withFaults(told[0]!);
}
const faults = told.map((one) => faultsOf(one, log.groups.get(titleOf(one.group)) ?? []));
const sum = (of: (one: (typeof faults)[number]) => number) => faults.reduce((all, one) => all + of(one), 0);
const refused = answers.filter(
  ({ status, sentAt, answeredAt }) => status !== 202 && !wasAway(sentAt, answeredAt),
);
const missed = answers.length - acknowledged.length - refused.length;
const unanswered = read.failed.filter(({ from, to }) => !wasAway(from, to));
const errors = new Set(followers.flatMap((follower) => follower.errors));

/** The negative control: one entry forgotten, and one told again. */
function withFaults(followed: Followed): Followed {
  const [first, ...rest] = followed.seqs;
  return first === undefined ? followed : { ...followed, seqs: [...rest, ...rest.slice(-1)] };
}

function promise(what: string, actual: number, most = 0): void {
  if (!(actual <= most)) broken.push(`${what}: ${actual}${most === 0 ? "" : `, more than ${most}`}`);
}
promise(
  "gaps",
  sum(({ gaps }) => gaps),
);
promise(
  "duplicates",
  sum(({ duplicates }) => duplicates),
);
promise(
  "out of order, or of others",
  sum(({ strays }) => strays),
);
const lost = missingOf(claimed);
promise("acknowledged and lost", lost);
promise("acknowledged twice under one id", claimed.length - new Set(claimed).size);
promise("refused while it ran", refused.length);
promise("queries that failed while it ran", unanswered.length);
promise("subscribers that nobody is", subscribed);
for (const code of errors) broken.push(`a follower was told ${code}`);
const walMost = Math.max(...lives.flatMap(({ samples }) => samples.map((sample) => sample.walMb)));
promise("MB of WAL", Math.round(walMost), 128);
const settled = lives.at(-1)!.samples.slice(-Math.ceil(seconds / 6));
promise("files more than before the last followers came", filesAfterwards - (settled[0]?.files ?? NaN), 10);

const latencies = Float64Array.from(
  acknowledged
    .filter(({ sentAt, answeredAt }) => !wasAway(sentAt, answeredAt))
    .map(({ sentAt, answeredAt }) => answeredAt - sentAt),
).sort();
const queried = Float64Array.from(read.answered).sort();
const results = told.reduce((all, { seqs }) => all + seqs.length, 0);
const resumes = followers.reduce((all, { resumed }) => all + resumed(), 0);

/** Of those that were refused: how many with which status; 0 is none at all. */
function byStatus(all: readonly { readonly status: number }[]): string {
  const counts = Map.groupBy(all, ({ status }) => status);
  const told = [...counts].map(([status, { length }]) => `${length} with ${status}`);
  return told.length === 0 ? "" : `: ${told.join(", ")}`;
}

function lifeRow({ name, samples }: Life): string {
  const later = samples.slice(Math.floor(samples.length / 2));
  const [first, last] = [later[0], later.at(-1)];
  const slope = 600 * slopeOf(later.map(({ at, rssMb }) => ({ at, value: rssMb })));
  const most = Math.max(...samples.map((sample) => sample.walMb));
  const cells = [
    name,
    samples.length,
    first?.rssMb.toFixed(0),
    last?.rssMb.toFixed(0),
    slope.toFixed(0),
    first?.files,
    last?.files,
    most.toFixed(0),
  ];
  return `| ${cells.join(" | ")} |`;
}

console.log(`${values.minutes} minutes, ${rate} webhooks/s about ${issues} issues, ${subscribers} subscribers who come and go (half SSE, half WebSocket, ${groups} operations), 10 queries/s, Node ${process.version}

| process | seconds | MB after half of them | MB at the end | MB per 10 minutes, by the second half | files after half of them | at the end | most MB of WAL |
| --- | --- | --- | --- | --- | --- | --- | --- |
${lives.map(lifeRow).join("\n")}

| | |
| --- | --- |
| webhooks sent | ${answers.length} |
| acknowledged | ${acknowledged.length}: p50 ${percentile(latencies, 0.5).toFixed(1)} ms, p99 ${percentile(latencies, 0.99).toFixed(1)} ms, max ${percentile(latencies, 1).toFixed(0)} ms |
| not acknowledged while it was restarted | ${missed} |
| refused while it ran | ${refused.length}${byStatus(refused)} |
| acknowledged and lost | ${lost} |
| entries of the log | ${log.newest} |
| results told | ${results}, over ${resumes} resumed subscriptions |
| gaps, duplicates, out of order | ${sum(({ gaps }) => gaps)}, ${sum(({ duplicates }) => duplicates)}, ${sum(({ strays }) => strays)} |
| queries | ${queried.length}: p50 ${percentile(queried, 0.5).toFixed(1)} ms, p99 ${percentile(queried, 0.99).toFixed(1)} ms; ${unanswered.length} failed while it ran |
`);
if (broken.length > 0) {
  console.error(`Broken:\n${broken.map((one) => `  ${one}`).join("\n")}`);
  process.exitCode = 1;
}
