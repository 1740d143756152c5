import { createHash } from "node:crypto";
import { and, asc, count, desc, eq, gt, gte, inArray, isNotNull, isNull, lte } from "drizzle-orm";
import { deriveHistory } from "../domain/history.ts";
import { forgottenRole, type IssueEvent } from "../domain/event.ts";
import { measure } from "../domain/measures.ts";
import { snapshotFrom, withProjectOf } from "./batch.ts";
import { metaNames } from "./meta.ts";
import { contentsIn } from "./pack.ts";
import { contentsOf } from "./queries/contents.ts";
import { grouped, type Asked } from "./queries/query.ts";
import {
  eventOf,
  factsOf,
  measuresRow,
  shownColumns,
  type ContentRow,
  type DeliveryRow,
  type EventRow,
  type IssueRow,
  type MeasuresColumns,
} from "./rows.ts";

/** One thing that is wrong, and what to do about it. */
export type Finding = { readonly problem: string; readonly remedy: string };

/** What a store holds is looked at by the version that it is of. */
export const otherVersion: Finding = {
  problem: "The tables are those of another version of Issuewire, and were not examined.",
  remedy: "Run doctor with that version, or start a gateway of this one first.",
};

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
 * Every body that is kept is compared with the sha256 that it was received with, and none may be missing but those that
 * were pruned; the log has to have every position; every history is derived anew, to be compared with the log and the
 * issues; and each issue has to show what its delivery does.
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

async function examineBodies({
  db,
  tables,
  onProgress,
  howToRebuild,
}: Examined): Promise<readonly Finding[]> {
  const { contents, deliveries, meta, packs } = tables;
  const findings = new Findings((many) => `${many} more bodies are not what was received.`);
  const remedy = "Restore a backup if you need it. Its history does not depend on it.";
  const [counted] = await db.select({ total: count() }).from(deliveries);
  const total = counted?.total ?? 0;
  const [pruned] = await db.select({ value: meta.value }).from(meta).where(eq(meta.name, metaNames.prunedTo));
  const prunedTo = Number(pruned?.value ?? 0);
  let done = 0;
  /** Deliveries of which it is known where their content is, or was. */
  let held = 0;
  const receivedIn = (first: number, last: number) =>
    db
      .select({
        id: deliveries.id,
        sha256: deliveries.sha256,
        bytes: deliveries.bytes,
        issueId: deliveries.issueId,
      })
      .from(deliveries)
      .where(and(gte(deliveries.id, first), lte(deliveries.id, last)));
  const examine = async (rows: readonly ContentRow[]) => {
    const received = new Map(
      (await receivedIn(rows[0]!.delivery, rows.at(-1)!.delivery)).map((row) => [row.id, row]),
    );
    for (const { delivery, body, fields } of rows) {
      const row = received.get(delivery);
      if (row !== undefined) held += 1;
      if (body !== null && row?.sha256.equals(createHash("sha256").update(body).digest()) !== true)
        findings.add({
          problem: `The body of delivery ${delivery} is not what was received: its sha256 differs.`,
          remedy,
        });
      if (body === null && row !== undefined && row.bytes > 0 && delivery > prunedTo)
        findings.add({ problem: `The body of delivery ${delivery} is gone.`, remedy });
      if (row !== undefined && row.issueId !== null && !isJson(fields))
        findings.add({
          problem: `What delivery ${delivery} shows of its issue cannot be read.`,
          remedy: howToRebuild,
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
      held += (await receivedIn(pack.first, pack.last)).length;
      findings.add({
        problem: `The bodies of deliveries ${pack.first} to ${pack.last} cannot be read: ${String(error)}.`,
        remedy,
      });
    }
    last = pack.first;
  }
  if (held < total)
    findings.add({
      problem: `What ${total - held} of ${total} deliveries held is gone.`,
      remedy: "Restore a backup.",
    });
  return findings.all();
}

function isJson(text: string | null): boolean {
  try {
    return text !== null && JSON.parse(text) !== null;
  } catch {
    return false;
  }
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
  const newest = await db
    .select({ seq: events.seq, issueId: events.issueId })
    .from(events)
    .where(
      inArray(
        events.seq,
        rows.map(({ lastSeq }) => lastSeq),
      ),
    );
  const issueAt = new Map(newest.map(({ seq, issueId }) => [seq, issueId]));
  const deliveriesOf = grouped(told, ({ issueId }) => issueId);
  const namedOf = new Map(
    rows.map((row) => [row.sentryId, namedApart(row, deliveriesOf.get(row.sentryId) ?? [])]),
  );
  const fieldsOf = await contentsOf({ db, tables })
    .fields([...rows.map(({ shown }) => shown), ...namedOf.values()].filter((id) => id !== null))
    // Told of already, as what a delivery held that cannot be read.
    .catch(() => new Map<number, string>());
  const loggedOf = grouped(logged, ({ event }) => event.issueId);
  const rowOf = new Map(rows.map((row) => [row.sentryId, row]));
  const shownBy = ({ sentryId, shown }: IssueRow): ShownTexts => {
    const named = namedOf.get(sentryId) ?? null;
    return {
      shown: fieldsOf.get(shown) ?? null,
      naming: named === null ? undefined : (fieldsOf.get(named) ?? null),
    };
  };
  return ids.flatMap((issueId) => {
    const kept = { deliveries: deliveriesOf.get(issueId) ?? [], logged: loggedOf.get(issueId) ?? [] };
    const row = rowOf.get(issueId);
    const difference =
      differenceOf({ ...kept, row }) ??
      (row === undefined ? null : differenceInRow(row, kept.logged, issueAt, shownBy(row)));
    return difference === null ? [] : [[issueId, difference] as const];
  });
}

/** The delivery that names the project of a row whose own delivery names none; null where there is no such thing. */
function namedApart({ shown }: IssueRow, deliveries: readonly DeliveryRow[]): number | null {
  if (deliveries.find(({ id }) => id === shown)?.namesProject !== false) return null;
  return deriveHistory(deliveries.map(factsOf)).named;
}

/** The fields that an issue shows, as they are kept, and those that name its project: undefined where these do, or none. */
type ShownTexts = { readonly shown: string | null; readonly naming: string | null | undefined };

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

/** How the row of an issue differs from its newest entry, its events, and what its delivery shows; null when it does not. */
function differenceInRow(
  row: IssueRow,
  logged: KeptIssue["logged"],
  issueAt: ReadonlyMap<number, string>,
  { shown: text, naming }: ShownTexts,
): string | null {
  if (issueAt.get(row.lastSeq) !== row.sentryId || logged.some(({ event }) => event.seq > row.lastSeq))
    return `its newest entry is not at position ${row.lastSeq}.`;
  const moved = logged.find(
    ({ event }) => event.projectId !== row.projectId || event.projectSlug !== row.projectSlug,
  );
  if (moved !== undefined) return `the event at position ${moved.event.seq} is counted in another project.`;
  if (!isJson(text) || (naming !== undefined && !isJson(naming))) return null;
  const snapshot = snapshotFrom(text!);
  // The details are in the body alone, which may be pruned.
  const { details: _details, ...shown } = shownColumns({
    delivery: row.shown,
    snapshot: naming === undefined ? snapshot : withProjectOf(snapshot, naming!),
  });
  const wrong = (Object.keys(shown) as (keyof typeof shown)[]).find((name) => shown[name] !== row[name]);
  return wrong === undefined ? null : `its ${wrong} is not what its delivery ${row.shown} shows.`;
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
