import {
  and,
  asc,
  count,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  isNull,
  lt,
  lte,
  ne,
  sql,
  type SQL,
} from "drizzle-orm";
import type { DeliveryOutcome } from "../../domain/delivery.ts";
import { momentAt } from "../../domain/moment.ts";
import { isStorable } from "../../domain/text.ts";
import { sha256OfForgotten } from "../erase/forgotten.ts";
import type { Delivery, DeliveryFilter, Reader } from "../reader.ts";
import { requestIdOf } from "../delivery-rows.ts";
import { contentsOf } from "./contents.ts";
import { pageFrom, type QueryContext } from "./query.ts";

type DeliveryQueries = Pick<
  Reader,
  | "deliveries"
  | "snapshots"
  | "bodies"
  | "deliveryPage"
  | "deliveryCount"
  | "lastDeliveryAt"
  | "outcomeCounts"
>;

/** The reader's queries for deliveries and what they held. */
export function deliveryQueries({ db, tables, dialect, onUnreadable }: QueryContext): DeliveryQueries {
  const { deliveries } = tables;
  const contents = contentsOf({ db, tables, onUnreadable });
  const all = getTableColumns(deliveries);
  const columns = {
    id: all.id,
    position: all.position,
    receivedAt: all.receivedAt,
    sentAt: all.sentAt,
    resource: all.resource,
    action: all.action,
    requestId: all.requestId,
    sha256: all.sha256,
    isRequestIdReused: all.isRequestIdReused,
    idempotencyKey: all.idempotencyKey,
    installationId: all.installationId,
    outcome: all.outcome,
    reason: all.reason,
    repeatOf: all.repeatOf,
    bytes: all.bytes,
  };
  const select = () => db.select(columns).from(deliveries);
  const isWebhook = ne(deliveries.sha256, sha256OfForgotten);
  /** Rows that are no webhooks. None is about an issue, so `deliveries_by_sha256` finds them. */
  const isNone = and(isNull(deliveries.issueId), eq(deliveries.sha256, sha256OfForgotten));
  const deliveryFrom = ({ sha256, ...row }: Awaited<ReturnType<typeof select>>[number]): Delivery => ({
    ...row,
    requestId: requestIdOf(row.requestId, sha256.toString("hex")),
  });

  function where(
    { outcome, resource, receivedAt, issueSentryId }: DeliveryFilter,
    now: number,
  ): SQL | undefined {
    const column = deliveries.receivedAt;
    const condition = and(
      outcome === undefined ? undefined : inArray(deliveries.outcome, [...outcome]),
      resource === undefined ? undefined : inArray(deliveries.resource, resource.filter(isStorable)),
      issueSentryId === undefined
        ? undefined
        : isStorable(issueSentryId)
          ? eq(deliveries.issueId, issueSentryId)
          : sql`1 = 0`,
      receivedAt?.gt === undefined ? undefined : gt(column, momentAt(receivedAt.gt, now)),
      receivedAt?.gte === undefined ? undefined : gte(column, momentAt(receivedAt.gte, now)),
      receivedAt?.lt === undefined ? undefined : lt(column, momentAt(receivedAt.lt, now)),
      receivedAt?.lte === undefined ? undefined : lte(column, momentAt(receivedAt.lte, now)),
      // The column is never null.
      receivedAt?.null === true ? sql`1 = 0` : undefined,
    );
    return condition && dialect.stoppable(condition, deliveries.id);
  }

  return {
    async deliveries(ids) {
      const rows = await select().where(and(inArray(deliveries.id, [...ids]), isWebhook));
      return new Map(rows.map((row) => [row.id, deliveryFrom(row)]));
    },

    snapshots: contents.snapshots,
    bodies: contents.bodies,

    async deliveryPage({ filter, now, ...page }) {
      const by = page.from === "first" ? desc : asc;
      const rows = await select()
        .where(
          and(
            isWebhook,
            where(filter, now),
            page.after === null ? undefined : lt(deliveries.id, page.after),
            page.before === null ? undefined : gt(deliveries.id, page.before),
          ),
        )
        .orderBy(by(deliveries.id))
        .limit(page.limit + 1);
      return pageFrom(rows.map(deliveryFrom), page);
    },

    async deliveryCount({ filter, now }) {
      const counted = where(filter, now);
      const countOf = (condition: SQL | undefined) =>
        db.select({ count: count() }).from(deliveries).where(condition);
      // Two counts, so that each is along an index: no index of all deliveries has their sha256. In one statement, so
      // that both are of one moment.
      const [row] = await db
        .select({
          count: sql`(${countOf(counted)}) - (${countOf(and(isNone, counted))})`.mapWith(Number),
        })
        .from(sql`(select 1) as one`);
      return row!.count;
    },

    async lastDeliveryAt() {
      // By id: by time, one received while the clock was ahead would seem the last for as long. Rows that are no
      // webhooks were never received.
      const [last] = await db
        .select({ at: deliveries.receivedAt })
        .from(deliveries)
        .where(isWebhook)
        .orderBy(desc(deliveries.id))
        .limit(1);
      return last?.at ?? null;
    },

    async outcomeCounts({ since }) {
      const isRecent = gt(deliveries.receivedAt, since);
      const counted = (where: SQL | undefined) =>
        db
          .select({ outcome: deliveries.outcome, count: count() })
          .from(deliveries)
          .where(where)
          .groupBy(deliveries.outcome);
      const [rows, others] = [await counted(isRecent), await counted(and(isNone, isRecent))];
      const counts: Record<DeliveryOutcome, number> = {
        APPLIED: 0,
        UNCHANGED: 0,
        DUPLICATE: 0,
        IGNORED: 0,
        QUARANTINED: 0,
      };
      for (const row of rows) counts[row.outcome] += row.count;
      for (const row of others) counts[row.outcome] -= row.count;
      return counts;
    },
  };
}
