import { and, asc, eq, inArray, isNull, lt } from "drizzle-orm";
import type { DeliveryRow } from "../delivery-rows.ts";
import { metaNames } from "../meta.ts";
import { remember, rememberedNumber } from "../queries/meta.ts";
import type { QueryContext } from "../queries/query.ts";
import { eraseDeliveries } from "./contents.ts";
import { sha256OfForgotten, tellForgotten } from "./forgotten.ts";
import { mostInStep, nothing, portionOf, portionOfAll, type Portion } from "./portion.ts";

/**
 * What the row of a delivery is set to if it is set aside. The other columns stay as they are: they say nothing of the
 * issue, and each change to an indexed one would cost a write to its index.
 */
const setAside: Omit<DeliveryRow, "id" | "position" | "receivedAt" | "sentAt" | "outcome"> = {
  sha256: sha256OfForgotten,
  // No delivery and no row that tells of a forgotten issue has this.
  bytes: -1,
  reason: "No webhook: what one held is being erased.",
  resource: null,
  action: null,
  requestId: null,
  isRequestIdReused: false,
  idempotencyKey: null,
  installationId: null,
  repeatOf: null,
  issueId: null,
  toldAction: null,
  claim: null,
  shownStatus: null,
  shownSubstatus: null,
  lastSeenMicros: null,
  count: null,
  assignee: null,
  actor: null,
  resolutionType: null,
  snapshotHash: null,
  namesProject: null,
};

type Context = Pick<QueryContext, "db" | "tables">;

/** `Erasing.dropClosedIssues`. @param mostIssues the most that one step drops. */
export async function dropClosedIssues(
  context: Context,
  before: number,
  mostIssues: number,
): Promise<number> {
  const closed = await oldestClosed(context, before, mostIssues);
  if (closed.length === 0) return 0;
  const dropping: string[] = [];
  let portion: Portion | null = nothing;
  for (const { sentryId } of closed) {
    const more = await portionOfAll(context, await deliveriesOf(context, sentryId), portion);
    // An issue that is too large for any step goes alone.
    if (more === null && dropping.length > 0) break;
    dropping.push(sentryId);
    portion = more;
    if (portion === null) break;
  }
  const newest = await eraseIssues(context, dropping, portion);
  if (newest > (await rememberedNumber(context, metaNames.oldest)))
    await remember(context, metaNames.oldest, newest);
  await remember(
    context,
    metaNames.dropped,
    (await rememberedNumber(context, metaNames.dropped)) + dropping.length,
  );
  return dropping.length;
}

/** `Erasing.forgetIssue`. */
export async function forgetIssue(context: Context, sentryId: string, now: number): Promise<boolean> {
  const { db, tables } = context;
  const { issues } = tables;
  const [issue] = await db
    .select({ projectId: issues.projectId })
    .from(issues)
    .where(eq(issues.sentryId, sentryId));
  if (issue === undefined) return false;
  await eraseIssues(context, [sentryId], await portionOfAll(context, await deliveriesOf(context, sentryId)));
  await tellForgotten(context, sentryId, issue.projectId, now);
  return true;
}

/** `Erasing.eraseSetAside`. */
export async function eraseSetAside(context: Context): Promise<number> {
  const { db, tables } = context;
  const { deliveries } = tables;
  const rows = await db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      and(
        isNull(deliveries.issueId),
        eq(deliveries.sha256, sha256OfForgotten),
        eq(deliveries.bytes, setAside.bytes),
      ),
    )
    // In the order of their index.
    .orderBy(asc(deliveries.sha256), asc(deliveries.id))
    .limit(mostInStep);
  if (rows.length === 0) return 0;
  const portion = await portionOf(
    context,
    rows.map(({ id }) => id),
  );
  await eraseDeliveries(context, portion);
  // Tells a copy that was begun before: nothing else does.
  await remember(context, metaNames.dropped, (await rememberedNumber(context, metaNames.dropped)) + 1);
  return portion.ids.length;
}

/** The ids of the deliveries about an issue, ascending, but at most one more than a step may erase. */
async function deliveriesOf(context: Context, sentryId: string): Promise<readonly number[]> {
  const { db, tables } = context;
  const { deliveries } = tables;
  const told = await db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(eq(deliveries.issueId, sentryId))
    .orderBy(asc(deliveries.id))
    .limit(mostInStep + 1);
  return told.map(({ id }) => id);
}

/** The issues that one step may drop, oldest first. */
async function oldestClosed(
  context: Context,
  before: number,
  mostIssues: number,
): Promise<readonly { readonly sentryId: string }[]> {
  const { db, tables } = context;
  const { issues } = tables;
  const found: { readonly sentryId: string; readonly statusSince: number }[] = [];
  // One status at a time, along its index: by time alone, any number of open issues may come before the closed ones.
  for (const status of ["resolved", "ignored"])
    found.push(
      ...(await db
        .select({ sentryId: issues.sentryId, statusSince: issues.statusSince })
        .from(issues)
        .where(and(eq(issues.status, status), lt(issues.statusSince, before)))
        .orderBy(asc(issues.statusSince), asc(issues.sentryId))
        .limit(mostIssues)),
    );
  return found.toSorted((a, b) => a.statusSince - b.statusSince).slice(0, mostIssues);
}

/**
 * Erases the issues. Returns the newest position of their entries, 0 for none.
 * @param portion all their deliveries; null if these are more than one step may erase, so that they are set aside.
 */
async function eraseIssues(
  context: Context,
  sentryIds: readonly string[],
  portion: Portion | null,
): Promise<number> {
  const { db, tables } = context;
  const { deliveries, events, issues } = tables;
  const isTheirs = inArray(deliveries.issueId, sentryIds);
  const told = db.select({ id: deliveries.id }).from(deliveries).where(isTheirs);
  // By their deliveries: no index finds the superseded entries of an issue.
  await db.delete(events).where(inArray(events.delivery, told));
  if (portion === null) await db.update(deliveries).set(setAside).where(isTheirs);
  else await eraseDeliveries(context, portion);
  const erased = await db
    .delete(issues)
    .where(inArray(issues.sentryId, sentryIds))
    .returning({ lastSeq: issues.lastSeq });
  return Math.max(0, ...erased.map(({ lastSeq }) => lastSeq));
}
