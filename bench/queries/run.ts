import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bucketsOf, timeZoneNamed } from "../../src/domain/calendar.ts";
import type { IssueFilter } from "../../src/domain/filter.ts";
import { createProgressBar } from "../../src/terminal/progress.ts";
import { readBody } from "../../src/sentry/payload.ts";
import { fill } from "../../src/simulate/fill.ts";
import { createTally } from "../../src/simulate/tally.ts";
import { pastTraffic } from "../../src/simulate/traffic.ts";
import { issueOrderFields, type IssueKey, type IssueOrder, type Reader } from "../../src/store/reader.ts";
import { openSqliteBulkFill } from "../../src/store/sqlite/bulk-fill.ts";
import { percentile } from "../load.ts";
import { openDatabase, openFile, type Opened } from "./opened.ts";

/**
 * How long the store takes to answer what people ask most, warm and one after the other in this process, against the
 * targets for a million issues; and how large its file is.
 */

const { values } = parseArgs({
  options: {
    issues: { type: "string", default: "20000" },
    days: { type: "string", default: "90" },
    /** A store that is there already, which is only read. */
    file: { type: "string" },
    /** The same in PostgreSQL, such as one that was copied there; twice the targets hold for it. */
    url: { type: "string" },
    repeats: { type: "string", default: "20" },
  },
});
const repeats = Number(values.repeats);
const hour = 3_600_000;
const day = 24 * hour;

type Store = Disposable & { readonly file: string };

async function madeStore(issues: number, days: number): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), "issuewire-bench-"));
  const file = join(folder, "bench.db");
  const to = Date.now();
  const from = to - days * day;
  using bar = createProgressBar("filling, by the hour", process.stderr);
  using filling = openSqliteBulkFill({ file, read: readBody, onFault: console.error });
  await fill({
    webhooks: pastTraffic({ seed: 1, secret: "", issues, from, to }),
    filling,
    tally: createTally(),
    count: null,
    durationMs: null,
    signal: new AbortController().signal,
    onDue: (at) => bar.update(Math.floor((at - from) / hour), Math.floor((to - from) / hour)),
    onFinishing() {},
  });
  return { file, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

type Row = { readonly name: string; readonly times: Float64Array; readonly targetMs: number };

async function measure(
  name: string,
  targetMs: number,
  asks: readonly (() => Promise<unknown>)[],
): Promise<Row> {
  const times: number[] = [];
  // What is asked for the first time is read from the disk.
  for (const ask of asks) await ask();
  for (let turn = 0; turn < repeats; turn += 1)
    for (const ask of asks) {
      const began = performance.now();
      await ask();
      times.push(performance.now() - began);
    }
  return { name, times: Float64Array.from(times).sort(), targetMs };
}

const orders = issueOrderFields.flatMap((field): IssueOrder[] => [
  { field, direction: "DESC" },
  { field, direction: "ASC" },
]);

/** Of each order the first page, one from the middle, and the last. */
async function pages(
  reader: Reader,
  filter: IssueFilter,
  now: number,
  middles: ReadonlyMap<IssueOrder, IssueKey>,
) {
  const whole = { limit: 50, after: null, before: null, filter, now };
  return orders.flatMap((order) => [
    () => reader.issuePage({ ...whole, order, from: "first" }),
    () => reader.issuePage({ ...whole, order, from: "first", after: middles.get(order)! }),
    () => reader.issuePage({ ...whole, order, from: "last" }),
  ]);
}

/** A key halfway down each order. */
async function middlesIn({ one, keyAt }: Opened): Promise<ReadonlyMap<IssueOrder, IssueKey>> {
  const offset = Math.floor((await one("select count(*) from issues")) / 2);
  const middles = new Map<IssueOrder, IssueKey>();
  for (const order of orders) middles.set(order, await keyAt(order, offset));
  return middles;
}

const isThere = values.file !== undefined || values.url !== undefined;
using made = isThere ? null : await madeStore(Number(values.issues), Number(values.days));
await using opened =
  values.url === undefined ? openFile(made?.file ?? values.file!) : await openDatabase(values.url);
const { reader, one } = opened;
/** PostgreSQL may take twice as long as SQLite, which is in the process that asks. */
const factor = values.url === undefined ? 1 : 2;
const now = (await one("select max(received_at) from deliveries")) + 1;
const counted = async (table: string) => one(`select count(*) from ${table}`);
const [issues, deliveries, events] = [
  await counted("issues"),
  await counted("deliveries"),
  await counted("events"),
];
const middles = await middlesIn(opened);
const period = { from: now - 30 * day, to: now };
const buckets = bucketsOf(period, "DAY", timeZoneNamed("Europe/Berlin")!, 1_000)!;

const assignees = await reader.issueAssignees({ filter: {}, now });
const assignee = assignees.findLast(({ key }) => key !== null)?.key?.sentryId ?? "";
const [project] = await reader.issueProjects({ filter: {}, now });
const status: IssueFilter = { status: { eq: "UNRESOLVED" } };
const ofProject: IssueFilter = { project: { sentryId: { eq: project!.key } } };
const ofAssignee: IssueFilter = { assignee: { sentryId: { eq: assignee } } };
const ofLevel: IssueFilter = { level: { eq: "FATAL" } };
const filters: readonly (readonly [string, IssueFilter, number])[] = [
  ["no filter", {}, 20],
  ["status", status, 20],
  ["project", ofProject, 20],
  ["assignee", ofAssignee, 20],
  ["level", ofLevel, 20],
  ["status and project", { ...status, ...ofProject }, 20],
  ["status and assignee", { ...status, ...ofAssignee }, 20],
  ["status and level", { ...status, ...ofLevel }, 20],
  ["status, project and level", { ...status, ...ofProject, ...ofLevel }, 2_000],
  ["title contains", { title: { contains: "undefined" } }, 2_000],
  ["search, rare", { search: "ferret-9" }, 50],
  ["search, common", { search: "error" }, 50],
  ["search, CJK", { search: "検索結果" }, 50],
  ["search, two characters", { search: "er" }, 2_000],
];

const rows: Row[] = [];
for (const [name, filter, target] of filters)
  rows.push(await measure(`pages, ${name}`, target, await pages(reader, filter, now, middles)));
for (const [name, filter] of filters)
  rows.push(await measure(`totalCount, ${name}`, 2_000, [() => reader.issueCount({ filter, now })]));
for (const [name, filter, target] of [
  ["no filter", {}, 300],
  ["project", ofProject, 300],
  ["level", ofLevel, 2_000],
] as const) {
  const asking = { filter, now };
  const inPeriod = { ...asking, period };
  const facets = ["status", "substatus", "level", "priority", "category"] as const;
  const asked: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["facets", () => reader.issueFacets({ ...asking, facets })],
    ["byProject", () => reader.issueProjects(asking)],
    ["byAssignee", () => reader.issueAssignees(asking)],
    ["flow by day", () => reader.issueFlow({ ...asking, buckets })],
    ["timeToResolve", () => reader.timeToResolve(inPeriod)],
    ["timeToTriage", () => reader.timeToTriage(inPeriod)],
    ["timeInStatus", () => reader.timeInStatus(inPeriod)],
    ["reopenRate", () => reader.reopenRate(inPeriod)],
    ["inferredShare", () => reader.inferredShare(inPeriod)],
  ];
  for (const [what, ask] of asked) rows.push(await measure(`${what}, ${name}`, target, [ask]));
}

const used = await opened.bytes();
const ms = (milliseconds: number) => milliseconds.toFixed(milliseconds < 10 ? 1 : 0);
console.log(`${issues} issues, ${deliveries} deliveries, ${events} entries of the log, Node ${process.version}

| question | p50 ms | p99 ms | target ms, at 1 M issues |
| --- | --- | --- | --- |
${rows.map(({ name, times, targetMs }) => `| ${name} | ${ms(percentile(times, 0.5))} | ${ms(percentile(times, 0.99))} | ${factor * targetMs} |`).join("\n")}

${(used / deliveries).toFixed(0)} bytes per delivery at rest, indexes included (target: 1,500)`);
