import { and, asc, count, eq, gt, inArray, isNotNull, isNull, lte } from "drizzle-orm";
import { deriveHistory } from "../../domain/history.ts";
import { contentsOf } from "../queries/contents.ts";
import { grouped } from "../queries/query.ts";
import { factsOf, type DeliveryRow } from "../delivery-rows.ts";
import type { IssueRow } from "../issue-rows.ts";
import { differenceInRow, differenceOf, type ShownTexts } from "./difference.ts";
import type { Examined } from "./examined.ts";
import { Findings, type Finding } from "./finding.ts";

/** Most histories read at once. */
const issuesAtOnce = 100;

/** Compares every history, derived anew, with the log and the row of its issue. */
export async function examineHistories(store: Examined): Promise<readonly Finding[]> {
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
    onProgress((done += ids.length), Math.max(total, done));
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
  // Unreadable contents are found elsewhere (`examineBodies`).
  const fieldsOf = await contentsOf({ db, tables }).fields(
    [...rows.map(({ shown }) => shown), ...namedOf.values()].filter((id) => id !== null),
  );
  const loggedOf = grouped(logged, ({ event }) => event.issueId);
  const rowOf = new Map(rows.map((row) => [row.sentryId, row]));
  const shownBy = ({ sentryId, shown }: IssueRow): ShownTexts => ({
    shown: fieldsOf.get(shown) ?? null,
    naming: fieldsOf.get(namedOf.get(sentryId) ?? shown) ?? null,
  });
  return ids.flatMap((issueId) => {
    const kept = { deliveries: deliveriesOf.get(issueId) ?? [], logged: loggedOf.get(issueId) ?? [] };
    const row = rowOf.get(issueId);
    const difference =
      differenceOf({ ...kept, row }) ??
      (row === undefined ? null : differenceInRow(row, kept.logged, issueAt, shownBy(row)));
    return difference === null ? [] : [[issueId, difference] as const];
  });
}

/** The delivery that names an issue's project if the one that it shows names none; null if that does, or none does. */
function namedApart({ shown }: IssueRow, deliveries: readonly DeliveryRow[]): number | null {
  if (deliveries.find(({ id }) => id === shown)?.namesProject !== false) return null;
  return deriveHistory(deliveries.map(factsOf)).named;
}
