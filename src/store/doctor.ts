import { createHash } from "node:crypto";
import { and, asc, count, desc, eq, gt, gte, inArray, isNotNull, isNull, lte } from "drizzle-orm";
import { deriveHistory } from "../domain/history.ts";
import { forgottenRole, type IssueEvent } from "../domain/event.ts";
import { measure } from "../domain/measures.ts";
import { metaNames } from "./meta.ts";
import { contentsIn } from "./pack.ts";
import { grouped, type Asked } from "./queries/query.ts";
import {
  eventOf,
  factsOf,
  measuresRow,
  type ContentRow,
  type DeliveryRow,
  type EventRow,
  type IssueRow,
  type MeasuresColumns,
} from "./rows.ts";

/** One thing that is wrong, and what to do about it. */
export type Finding = { readonly problem: string; readonly remedy: string };

export type Examined = Pick<Asked, "db" | "tables" | "newestPosition"> & {
  readonly onProgress: (what: string, done: number, total: number) => void;
  /** What to do where a history is not what its deliveries tell. */
  readonly howToRebuild: string;
};

/** At most so many findings of one sort are told one by one. */
const mostOfOneSort = 10;

/** Bodies can be large. */
const pageSize = 100;

/**
 * Everything in the store that is not as it should be; empty when all is well. It reads only, and is to be asked in one
 * moment of the store.
 *
 * Every body that is kept is compared with the sha256 that it was received with; the log has to have every position; and
 * every history is derived anew, to be compared with the log and the issues.
 */
export async function examineStore(store: Examined): Promise<readonly Finding[]> {
  return [...(await examineLog(store)), ...(await examineBodies(store)), ...(await examineHistories(store))];
}

/** Positions are missing only where something was erased, which the log tells of later, or begins behind. */
async function examineLog({
  db,
  tables,
  newestPosition,
  howToRebuild,
}: Examined): Promise<readonly Finding[]> {
  const { deliveries, events, meta } = tables;
  const [erased] = await db
    .select({ seq: events.seq })
    .from(events)
    .where(eq(events.role, forgottenRole))
    .orderBy(desc(events.seq))
    .limit(1);
  const [oldest] = await db.select({ value: meta.value }).from(meta).where(eq(meta.name, metaNames.oldest));
  const after = Math.max(erased?.seq ?? 0, Number(oldest?.value ?? 0));
  const [kept] = await db.select({ entries: count() }).from(events).where(gt(events.seq, after));
  const [last] = await db
    .select({ position: deliveries.position })
    .from(deliveries)
    .orderBy(desc(deliveries.id))
    .limit(1);
  // What was written last tells how far the log had come, should its end be gone.
  const newest = Math.max(await newestPosition(), last?.position ?? 0);
  const missing = newest - after - (kept?.entries ?? 0);
  if (missing <= 0) return [];
  return [
    {
      problem: `The log has lost ${missing} ${missing === 1 ? "entry" : "entries"} after position ${after}.`,
      remedy: howToRebuild,
    },
  ];
}

async function examineBodies({ db, tables, onProgress }: Examined): Promise<readonly Finding[]> {
  const { contents, deliveries, packs } = tables;
  const findings = new Findings((many) => `${many} more bodies are not what was received.`);
  const remedy = "Restore a backup if you need it. Its history does not depend on it.";
  const [counted] = await db.select({ total: count() }).from(deliveries);
  const total = counted?.total ?? 0;
  let done = 0;
  const examine = async (rows: readonly ContentRow[]) => {
    const [from, to] = [rows[0]!.delivery, rows.at(-1)!.delivery];
    const received = await db
      .select({ id: deliveries.id, sha256: deliveries.sha256 })
      .from(deliveries)
      .where(and(gte(deliveries.id, from), lte(deliveries.id, to)));
    const sha256s = new Map(received.map(({ id, sha256 }) => [id, sha256]));
    for (const { delivery, body } of rows) {
      if (body === null || sha256s.get(delivery)?.equals(createHash("sha256").update(body).digest()) === true)
        continue;
      findings.add({
        problem: `The body of delivery ${delivery} is not what was received: its sha256 differs.`,
        remedy,
      });
    }
    done += rows.length;
    onProgress("bodies", done, total);
  };

  for (let last = 0; ;) {
    const page = await db
      .select()
      .from(contents)
      .where(gt(contents.delivery, last))
      .orderBy(asc(contents.delivery))
      .limit(pageSize);
    if (page.length === 0) break;
    await examine(page);
    last = page.at(-1)!.delivery;
  }
  for (let last = 0; ;) {
    const [pack] = await db
      .select()
      .from(packs)
      .where(gt(packs.first, last))
      .orderBy(asc(packs.first))
      .limit(1);
    if (pack === undefined) break;
    try {
      await examine(contentsIn(pack));
    } catch (error) {
      findings.add({
        problem: `The bodies of deliveries ${pack.first} to ${pack.last} cannot be read: ${String(error)}.`,
        remedy,
      });
    }
    last = pack.first;
  }
  return findings.all();
}

/** So many histories are read at once. */
const issuesAtOnce = 100;

async function examineHistories(store: Examined): Promise<readonly Finding[]> {
  const { db, tables, onProgress, howToRebuild: remedy } = store;
  const { deliveries, issues } = tables;
  const findings = new Findings((many) => `${many} more issues are not what their deliveries tell.`);
  const [counted] = await db.select({ total: count() }).from(issues);
  const total = counted?.total ?? 0;
  let done = 0;
  for (let last = ""; ;) {
    const told = await db
      .selectDistinct({ issueId: deliveries.issueId })
      .from(deliveries)
      .where(and(isNotNull(deliveries.issueId), gt(deliveries.issueId, last)))
      .orderBy(asc(deliveries.issueId))
      .limit(issuesAtOnce);
    // Found by this column, so it is not null.
    const ids = told.map(({ issueId }) => issueId!);
    const until = ids.at(-1);
    const rows = await db
      .select()
      .from(issues)
      .where(and(gt(issues.sentryId, last), until === undefined ? undefined : lte(issues.sentryId, until)))
      .orderBy(asc(issues.sentryId));
    const known = new Set(ids);
    for (const { sentryId } of rows)
      if (!known.has(sentryId)) findings.add({ problem: `Issue ${sentryId} has no delivery.`, remedy });
    if (until === undefined) return findings.all();
    for (const [issueId, difference] of await differencesOf(store, ids, rows))
      findings.add({ problem: `Issue ${issueId}: ${difference}`, remedy });
    last = until;
    onProgress("histories", (done += ids.length), Math.max(total, done));
  }
}

/** How the log and the rows of issues differ from what their deliveries tell. */
async function differencesOf(
  { db, tables }: Examined,
  ids: readonly string[],
  rows: readonly IssueRow[],
): Promise<readonly (readonly [issueId: string, difference: string])[]> {
  const { deliveries, events } = tables;
  const told = await db
    .select()
    .from(deliveries)
    .where(inArray(deliveries.issueId, [...ids]))
    .orderBy(asc(deliveries.id));
  const logged = await db
    .select({ event: events, receivedAt: deliveries.receivedAt, resolutionType: deliveries.resolutionType })
    .from(events)
    .innerJoin(deliveries, eq(deliveries.id, events.delivery))
    .where(and(inArray(events.issueId, [...ids]), isNull(events.supersededBy)))
    .orderBy(asc(events.issueId), asc(events.place));
  const deliveriesOf = grouped(told, ({ issueId }) => issueId);
  const loggedOf = grouped(logged, ({ event }) => event.issueId);
  const rowOf = new Map(rows.map((row) => [row.sentryId, row]));
  return ids.flatMap((issueId) => {
    const kept = { deliveries: deliveriesOf.get(issueId) ?? [], logged: loggedOf.get(issueId) ?? [] };
    const difference = differenceOf({ ...kept, row: rowOf.get(issueId) });
    return difference === null ? [] : [[issueId, difference] as const];
  });
}

type KeptIssue = {
  readonly deliveries: readonly DeliveryRow[];
  /** The events of its history, in its order. */
  readonly logged: readonly ({ readonly event: EventRow } & Pick<
    DeliveryRow,
    "receivedAt" | "resolutionType"
  >)[];
  readonly row: IssueRow | undefined;
};

/** How the log and the row of an issue differ from what its deliveries tell; null when they do not. */
function differenceOf({ deliveries, logged, row }: KeptIssue): string | null {
  const facts = deliveries.map(factsOf);
  const history = deriveHistory(facts);
  const kept = logged.map(({ event, ...delivery }) => eventOf(event, delivery));
  if (kept.length !== history.events.length)
    return `its history has ${kept.length} events, and its deliveries tell ${history.events.length}.`;
  const wrong = history.events.findIndex((event, index) => signatureOf(event) !== signatureOf(kept[index]!));
  if (wrong >= 0) return `event ${kept[wrong]!.id} is not what its deliveries tell.`;
  const { measured } = measure(history.events);
  const mismeasured = history.events.findIndex((event, index) => {
    const { stayMs, resolvedAfter, triagedAfterMs, isUndone } = logged[index]!.event;
    const kept: MeasuresColumns = { stayMs, resolvedAfter, triagedAfterMs, isUndone };
    return JSON.stringify(kept) !== JSON.stringify(measuresRow(measured.get(event)!));
  });
  if (mismeasured >= 0) return `what event ${kept[mismeasured]!.id} ended is not what its history tells.`;
  if (row === undefined) return "it is missing.";
  const { state, statusSince, shown } = history;
  // A delivery in which nothing is new is not shown, so what counts is what it shows.
  const snapshotOf = (id: number) => facts.find(({ delivery }) => delivery === id)?.snapshotHash;
  const isSame =
    row.status === state.status &&
    row.substatus === state.substatus &&
    row.statusSince === statusSince &&
    snapshotOf(row.shown) === snapshotOf(shown);
  return isSame ? null : "its present state is not what its deliveries tell.";
}

/** All of an event that is derived, as text. */
function signatureOf(event: Omit<IssueEvent, "role"> & { readonly role: string }): string {
  const { place, delivery, role, source, action, actionRaw, actor, assignee, transition } = event;
  const { occurredAt, occurredAfter } = event;
  return JSON.stringify([
    Buffer.from(place).toString("hex"),
    [delivery, role, source, action, actionRaw, occurredAt, occurredAfter],
    actor && [actor.type, actor.sentryId, actor.name],
    assignee && [assignee.type, assignee.sentryId, assignee.name, assignee.email],
    transition && [transition.kind, transition.to.status, transition.to.substatus],
    transition?.from && [transition.from.status, transition.from.substatus],
  ]);
}

/** Findings of one sort: the first ones, and how many more. */
class Findings {
  readonly #told: Finding[] = [];
  #more = 0;
  readonly #summary: (many: number) => string;

  constructor(summary: (many: number) => string) {
    this.#summary = summary;
  }

  add(finding: Finding): void {
    if (this.#told.length < mostOfOneSort) this.#told.push(finding);
    else this.#more += 1;
  }

  all(): readonly Finding[] {
    if (this.#more === 0) return this.#told;
    return [...this.#told, { problem: this.#summary(this.#more), remedy: this.#told[0]!.remedy }];
  }
}
