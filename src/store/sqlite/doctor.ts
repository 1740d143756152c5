import { createHash } from "node:crypto";
import { asc, and, count, eq, gt, gte, isNotNull, isNull, lte, max } from "drizzle-orm";
import { deriveHistory } from "../../domain/history.ts";
import { measure } from "../../domain/measures.ts";
import type { IssueEvent } from "../../domain/event.ts";
import { contentsIn } from "../pack.ts";
import { eventOf, factsOf, measuresRow, type ContentRow, type MeasuresColumns } from "../rows.ts";
import { contents, deliveries, events, issues, meta, packs } from "../tables/sqlite.ts";
import { metaNames } from "../meta.ts";
import { openReader, type Connection } from "./connection.ts";
import { instanceFileOf, isRestored, readInstance } from "./instance.ts";

/** One thing that is wrong, and what to do about it. */
export type Finding = { readonly problem: string; readonly remedy: string };

export type ExaminationOptions = {
  readonly file: string;
  readonly onProgress: (what: string, done: number, total: number) => void;
};

/** At most so many findings of one sort are told one by one. */
const mostOfOneSort = 10;

/** Bodies can be large. */
const pageSize = 100;

/**
 * Everything about the file that is not as it should be; empty when all is well. It reads only, in one moment of the
 * store, so a gateway may go on beside it.
 *
 * It asks SQLite for the file's integrity, compares every body that is kept with the sha256 that it was received with,
 * and derives every history anew to compare it with the log and the issues.
 */
export async function examineSqlite({ file, onProgress }: ExaminationOptions): Promise<readonly Finding[]> {
  const connection = openReader(file);
  try {
    connection.client.exec("begin");
    return [
      ...examineFile(connection, file),
      ...examineBodies(connection, onProgress),
      ...examineHistories(connection, onProgress),
    ];
  } finally {
    connection.client.close();
  }
}

function examineFile({ client, db }: Connection, file: string): readonly Finding[] {
  const damages = (client.pragma("integrity_check(10)") as readonly { readonly integrity_check: string }[])
    .map((row) => row.integrity_check)
    .filter((text) => text !== "ok");
  const findings = damages.map((text) => ({
    problem: `The database file is damaged: ${text}.`,
    remedy: "Stop the gateway, keep a copy of the file, and restore a backup.",
  }));
  const named = new Map(
    db
      .select()
      .from(meta)
      .all()
      .map(({ name, value }) => [name, value]),
  );
  const instance = named.get(metaNames.instance) ?? "";
  const epoch = named.get(metaNames.epoch) ?? "";
  const newest =
    db
      .select({ seq: max(events.seq) })
      .from(events)
      .get()?.seq ?? 0;
  if (isRestored({ instance, epoch, newest }, readInstance(instanceFileOf(file))))
    findings.push({
      problem: "The file was put back from a backup, or its instance file is gone.",
      remedy:
        "Start the gateway: it begins a new epoch, and subscribers refetch. Nothing else is to be done.",
    });
  return findings;
}

function examineBodies({ db }: Connection, onProgress: ExaminationOptions["onProgress"]): readonly Finding[] {
  const findings = new Findings((many) => `${many} more bodies are not what was received.`);
  const remedy = "Restore a backup if you need it. Its history does not depend on it.";
  const total = db.select({ total: count() }).from(deliveries).get()?.total ?? 0;
  let done = 0;
  const examine = (rows: readonly ContentRow[]) => {
    const [from, to] = [rows[0]!.delivery, rows.at(-1)!.delivery];
    const received = db
      .select({ id: deliveries.id, sha256: deliveries.sha256 })
      .from(deliveries)
      .where(and(gte(deliveries.id, from), lte(deliveries.id, to)))
      .all();
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
    const page = db
      .select()
      .from(contents)
      .where(gt(contents.delivery, last))
      .orderBy(asc(contents.delivery))
      .limit(pageSize)
      .all();
    if (page.length === 0) break;
    examine(page);
    last = page.at(-1)!.delivery;
  }
  for (let last = 0; ;) {
    const pack = db
      .select()
      .from(packs)
      .where(gt(packs.first, last))
      .orderBy(asc(packs.first))
      .limit(1)
      .get();
    if (pack === undefined) break;
    try {
      examine(contentsIn(pack));
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

function examineHistories(
  { db }: Connection,
  onProgress: ExaminationOptions["onProgress"],
): readonly Finding[] {
  const findings = new Findings((many) => `${many} more issues are not what their deliveries tell.`);
  const remedy = 'Stop the gateway and run "npm run issuewire -- rebuild".';
  const told = db
    .selectDistinct({ issueId: deliveries.issueId })
    .from(deliveries)
    .where(isNotNull(deliveries.issueId))
    .orderBy(asc(deliveries.issueId))
    .all();
  for (const [index, { issueId }] of told.entries()) {
    const difference = differenceOf({ db }, issueId!);
    if (difference !== null) findings.add({ problem: `Issue ${issueId}: ${difference}`, remedy });
    if (index % pageSize === 0 || index === told.length - 1) onProgress("histories", index + 1, told.length);
  }
  const known = new Set(told.map(({ issueId }) => issueId));
  for (const { sentryId } of db.select({ sentryId: issues.sentryId }).from(issues).all())
    if (!known.has(sentryId)) findings.add({ problem: `Issue ${sentryId} has no delivery.`, remedy });
  return findings.all();
}

/** How the log and the row of an issue differ from what its deliveries tell; null when they do not. */
function differenceOf({ db }: Pick<Connection, "db">, issueId: string): string | null {
  const facts = db.select().from(deliveries).where(eq(deliveries.issueId, issueId)).all().map(factsOf);
  const history = deriveHistory(facts);
  const logged = db
    .select({ event: events, receivedAt: deliveries.receivedAt, resolutionType: deliveries.resolutionType })
    .from(events)
    .innerJoin(deliveries, eq(deliveries.id, events.delivery))
    .where(and(eq(events.issueId, issueId), isNull(events.supersededBy)))
    .orderBy(asc(events.place))
    .all();
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
  const row = db.select().from(issues).where(eq(issues.sentryId, issueId)).get();
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
