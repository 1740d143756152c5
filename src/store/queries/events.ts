import {
  and,
  asc,
  count,
  desc,
  eq,
  getTableColumns,
  gt,
  inArray,
  isNotNull,
  isNull,
  lt,
  ne,
  sql,
  type SQL,
  type SQLChunk,
} from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import { forgottenRole, type IssueAction, type LoggedEvent } from "../../domain/event.ts";
import { transitionWhere } from "../filter-sql.ts";
import type { Page, PageRequest, Reader, TransitionKey } from "../reader.ts";
import { deliveryIn, eventOf } from "../event-rows.ts";
import { grouped, pageFrom, readFrom, sidesIn, type QueryContext } from "./query.ts";

type EventQueries = Pick<
  Reader,
  | "events"
  | "eventsById"
  | "eventsOfDeliveries"
  | "replacedBy"
  | "before"
  | "transitionedBefore"
  | "eventPages"
  | "eventCounts"
  | "transitionPagesOf"
  | "transitionCountsOf"
  | "transitionsOf"
  | "transitionPage"
  | "transitionCount"
>;

/** The reader's queries for events and transitions. */
export function eventQueries({ db, tables, dialect }: QueryContext): EventQueries {
  const { events, issues, deliveries } = tables;
  const ofDelivery = { receivedAt: deliveries.receivedAt, resolutionType: deliveries.resolutionType };
  // One list of columns: with an object for each table, Drizzle takes longer to read the rows than the database to find
  // them.
  const select = () =>
    db
      .select({ ...getTableColumns(events), ...ofDelivery })
      .from(events)
      .innerJoin(deliveries, eq(deliveries.id, events.delivery));
  const eventFrom = (row: Awaited<ReturnType<typeof select>>[number]) => eventOf(row, row);
  const inHistory = isNull(events.supersededBy);
  /** For given issues, whose histories can be of any length. */
  const inHistories = dialect.stoppable(inHistory, events.seq);

  const earlier = alias(events, "earlier");
  /** This column of the last event before another one's place in its issue's history, of those that meet `where`. */
  const newestEarlier = (column: typeof earlier.seq | typeof earlier.occurredAt, where: SQL | undefined) =>
    db
      .select({ found: column })
      .from(earlier)
      .where(and(eq(earlier.issueId, events.issueId), where, lt(earlier.place, events.place)))
      .orderBy(desc(earlier.place))
      .limit(1);

  /** The same page of each issue's history; of none is more read than a page. */
  async function pages(
    sentryIds: readonly string[],
    page: PageRequest<Uint8Array>,
    where: SQL | undefined,
  ): Promise<Map<string, Page<LoggedEvent>>> {
    const by = page.from === "first" ? asc : desc;
    const own = db
      .select({ seq: events.seq })
      .from(events)
      .where(
        and(
          eq(events.issueId, issues.sentryId),
          inHistories,
          page.after === null ? undefined : gt(events.place, Buffer.from(page.after)),
          page.before === null ? undefined : lt(events.place, Buffer.from(page.before)),
          where,
        ),
      )
      .orderBy(by(events.place))
      .limit(page.limit + 1);
    const listed = alias(events, "listed");
    const rows = await db
      .select({ ...getTableColumns(listed), ...ofDelivery })
      .from(issues)
      .innerJoin(listed, inArray(listed.seq, own))
      .innerJoin(deliveries, eq(deliveries.id, listed.delivery))
      .where(inArray(issues.sentryId, [...sentryIds]))
      .orderBy(asc(listed.issueId), by(listed.place));
    const found = grouped(rows.map(eventFrom), ({ issueId }) => issueId);
    return new Map([...found].map(([issueId, own]) => [issueId, pageFrom(own, page)]));
  }

  async function counts(sentryIds: readonly string[], where: SQL | undefined): Promise<Map<string, number>> {
    const rows = await db
      .select({ issueId: events.issueId, count: count() })
      .from(events)
      .where(and(inArray(events.issueId, [...sentryIds]), inHistories, where))
      .groupBy(events.issueId);
    return new Map(rows.map((row) => [row.issueId, row.count]));
  }

  const withAction = (actions: readonly IssueAction[] | null) =>
    actions === null ? undefined : inArray(events.action, [...actions]);

  return {
    async events(seqs) {
      const rows = await select().where(inArray(events.seq, [...seqs]));
      return new Map(rows.map((row) => [row.seq, eventFrom(row)]));
    },

    async eventsById(ids) {
      // By their deliveries, which have few events each: SQLite refuses a condition that names a thousand events one by
      // one.
      const named = new Map(ids.map((id) => [id, deliveryIn(id)]));
      const among = [...named.values()].filter((delivery) => delivery !== null);
      const rows = await select().where(inArray(events.delivery, among));
      const found = rows.map(eventFrom).filter(({ id, delivery }) => named.get(id) === delivery);
      return new Map(found.map((event) => [event.id, event]));
    },

    async eventsOfDeliveries(ids) {
      const rows = await select()
        .where(and(inArray(events.delivery, [...ids]), ne(events.role, forgottenRole)))
        .orderBy(asc(events.seq));
      return grouped(rows.map(eventFrom), ({ delivery }) => delivery);
    },

    async replacedBy(seqs) {
      const rows = await select()
        .where(inArray(events.supersededBy, [...seqs]))
        .orderBy(asc(events.seq));
      // Found by this column, so it is not null.
      return grouped(rows.map(eventFrom), ({ supersededBy }) => supersededBy!);
    },

    async before(seqs) {
      const previous = alias(events, "previous");
      const newest = newestEarlier(earlier.seq, isNull(earlier.supersededBy));
      const rows = await db
        .select({ ...getTableColumns(previous), ...ofDelivery, later: events.seq })
        .from(events)
        .innerJoin(previous, eq(previous.seq, sql`(${newest})`))
        .innerJoin(deliveries, eq(deliveries.id, previous.delivery))
        .where(inArray(events.seq, [...seqs]));
      return new Map(rows.map((row) => [row.later, eventFrom(row)]));
    },

    async transitionedBefore(seqs) {
      // There may be any number of other events between the two.
      const inHistory = dialect.stoppable(isNull(earlier.supersededBy), earlier.seq);
      const newest = newestEarlier(earlier.occurredAt, and(inHistory, isNotNull(earlier.kind)));
      const rows = await db
        .select({ seq: events.seq, at: sql<number | null>`(${newest})` })
        .from(events)
        .where(inArray(events.seq, [...seqs]));
      return new Map(rows.flatMap(({ seq, at }) => (at === null ? [] : [[seq, at]])));
    },

    eventPages: (sentryIds, { actions, ...page }) => pages(sentryIds, page, withAction(actions)),
    eventCounts: (sentryIds, { actions }) => counts(sentryIds, withAction(actions)),
    transitionPagesOf: (sentryIds, { filter, now, ...page }) =>
      pages(sentryIds, page, transitionWhere(filter, tables, dialect, now)),
    transitionCountsOf: (sentryIds, { filter, now }) =>
      counts(sentryIds, transitionWhere(filter, tables, dialect, now)),

    async transitionsOf(sentryIds) {
      const rows = await select()
        .where(and(inArray(events.issueId, [...sentryIds]), inHistories, isNotNull(events.kind)))
        .orderBy(asc(events.issueId), asc(events.place));
      return grouped(rows.map(eventFrom), ({ issueId }) => issueId);
    },

    async transitionPage({ filter, order, now, ...page }) {
      const by = readFrom(page.from, order.direction);
      const [behind, ahead] = sidesIn(order.direction);
      const isByTime = order.field === "OCCURRED_AT";
      const columns = isByTime ? [events.occurredAt, events.place, events.seq] : [events.seq];
      const row = (...parts: SQLChunk[]) => sql`(${sql.join(parts, sql`, `)})`;
      const key = ({ occurredAt, place, seq }: TransitionKey) =>
        isByTime ? row(occurredAt, Buffer.from(place), seq) : row(seq);
      const rows = await select()
        .where(
          and(
            inHistory,
            page.after === null ? undefined : sql`${row(...columns)} ${behind} ${key(page.after)}`,
            page.before === null ? undefined : sql`${row(...columns)} ${ahead} ${key(page.before)}`,
            transitionWhere(filter, tables, dialect, now),
          ),
        )
        .orderBy(...columns.map(by))
        .limit(page.limit + 1);
      return pageFrom(rows.map(eventFrom), page);
    },

    async transitionCount({ filter, now }) {
      const [row] = await db
        .select({ count: count() })
        .from(events)
        .where(and(inHistory, transitionWhere(filter, tables, dialect, now)));
      return row!.count;
    },
  };
}
