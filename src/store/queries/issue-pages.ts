import { storable } from "../../domain/text.ts";
import {
  and,
  inArray,
  isNotNull,
  isNull,
  sql,
  type AnyColumn,
  type Placeholder,
  type SQL,
} from "drizzle-orm";
import { unionAll } from "drizzle-orm/sqlite-core";
import type { Narrowing } from "../dialect.ts";
import { issueNarrowings, issueWhere } from "../filter-sql.ts";
import { issueOf, type IssueColumns, type IssueRow } from "../issue-rows.ts";
import type {
  Direction,
  IssueKey,
  IssueOrderField,
  IssuePageRequest,
  PageRequest,
  Reader,
} from "../reader.ts";
import { issueColumns } from "./issues.ts";
import { askedInForms, grouped, pageFrom, readFrom, sidesIn, type QueryContext } from "./query.ts";

const orderColumns = {
  LAST_SEEN: "lastSeen",
  FIRST_SEEN: "firstSeen",
  STATUS_SINCE: "statusSince",
  COUNT: "count",
  USER_COUNT: "userCount",
  PRIORITY: "priorityRank",
} as const satisfies Record<IssueOrderField, keyof IssueRow>;

/** A part of a page: the condition that finds its issues, and the order that they are in. */
type Part = { readonly found: SQL | undefined; readonly inOrder: readonly SQL[] };

/** SQLite takes 32,766 in one statement. */
const mostVariables = 30_000;
/** SQLite takes 500 selects in one union. */
const mostParts = 400;
/** PostgreSQL returns at most 1,664 columns, SQLite 2,000. */
const mostColumns = 1_000;

/** Pages of issues, in any order and under any filter. */
export function issuePageQueries({
  db,
  tables,
  dialect,
}: QueryContext): Pick<Reader, "issuePage" | "issuePagesOf"> {
  const { issues } = tables;
  /** With every column that a list can be ordered by. */
  const listed = { ...issueColumns(issues), priorityRank: issues.priorityRank };
  const firstPages = askedInForms<IssueColumns>();
  const narrowed = askedInForms<Readonly<Record<string, number>>>();
  /**
   * At least the number of issues. Those that were dropped count too and, on PostgreSQL, each write of an issue, which
   * takes an id. The greater it is, the more lists are sorted that could follow an order's index; each has few issues.
   */
  const all = sql`coalesce((select max(${issues.id}) from ${issues}), 0)`.mapWith(Number);

  /**
   * For each list, the first narrowing that leaves few issues, in number and as a share of all; null if none does: then
   * the order's index is followed.
   * @param form the `formOf` of what the lists are of; null if it has none.
   */
  async function narrowest(
    lists: readonly (readonly Narrowing[])[],
    form: string | null,
  ): Promise<readonly (Narrowing | null)[]> {
    const narrowings = lists.flat();
    const narrow = new Set<Narrowing>();
    for (let from = 0; from < narrowings.length; from += mostColumns) {
      const some = narrowings.slice(from, from + mostColumns);
      const counts = some.map(
        ({ found, few }, place) =>
          [place, sql`(select count(*) from (${found} limit ${few + 1}) as found)`.mapWith(Number)] as const,
      );
      // Counted together in one statement; each column is named by its narrowing's place.
      const asked: Record<string, SQL<number>> = { all, ...Object.fromEntries(counts) };
      const question = () => db.select(asked).from(sql`(select 1) as one`);
      const [row] = form === null ? await question() : await narrowed(`${from} ${form}`, question, {});
      for (const [place, narrowing] of some.entries()) {
        const left = Number(row![place]);
        if (left <= narrowing.few && left * narrowing.oneOf <= Number(row!["all"])) narrow.add(narrowing);
      }
    }
    return lists.map((list) => list.find((narrowing) => narrow.has(narrowing)) ?? null);
  }

  /**
   * The parts of a page, each in order: the issues that have the value ordered by, and those that do not. Nulls come
   * last in both directions, and no index gives that in both databases, so the two are read separately.
   */
  function partsOf({ filter, order, now, ...page }: IssuePageRequest, narrowing: Narrowing | null) {
    const column = issues[orderColumns[order.field]];
    const by = readFrom(page.from, order.direction);
    const part = (bounds: readonly SQL[], keys: readonly (SQL | AnyColumn)[]) => (): Part => {
      const where = issueWhere(filter, tables, dialect, now);
      const found =
        narrowing === null
          ? and(where && dialect.tried(where), ...bounds)
          : and(narrowing.condition, dialect.tried(and(where, ...bounds)!));
      return { found, inOrder: keys.map((key) => by(key)) };
    };
    // With a narrowing few issues are left, and the order's index must not be used. The unary plus prevents that, in the
    // bounds too: PostgreSQL expects next to no rows behind a key, and would choose the index for it.
    const sorted = narrowing === null ? column : sql`+${column}`;
    const valued = part(
      [isNotNull(column), ...withinValued(page, order.direction, sorted, issues.sentryId)],
      [sorted, issues.sentryId],
    );
    const without = part(
      [isNull(column), ...withinNulls(page, order.direction, issues.sentryId)],
      [issues.sentryId],
    );
    if (column.notNull) return [valued];
    return page.from === "first" ? [valued, without] : [without, valued];
  }

  function rowsOf({ found, inOrder }: Part, limit: number | Placeholder) {
    return db
      .select(listed)
      .from(issues)
      .where(found)
      .orderBy(...inOrder)
      .limit(limit);
  }

  /**
   * As `rowsOf`, if the rows must be sorted: sorts their ids alone, since sorting whole rows takes SQLite twice as
   * long.
   */
  function sortedRowsOf({ found, inOrder }: Part, limit: number | Placeholder) {
    const ids = db
      .select({ id: issues.id })
      .from(issues)
      .where(found)
      .orderBy(...inOrder)
      .limit(limit);
    return rowsOf({ found: inArray(issues.id, ids), inOrder }, limit);
  }

  return {
    async issuePage(request) {
      const { filter, now, limit } = request;
      const form = formOf(request);
      const narrowings = issueNarrowings(filter, tables, dialect, now);
      const [narrowing = null] = await narrowest([narrowings], form);
      const [way, read] =
        narrowing === null ? ["in order", rowsOf] : [narrowings.indexOf(narrowing), sortedRowsOf];
      const rows: IssueColumns[] = [];
      for (const [place, part] of partsOf(request, narrowing).entries()) {
        const most = limit + 1 - rows.length;
        if (most <= 0) break;
        const found =
          form === null
            ? await read(part(), most)
            : await firstPages(`${way} ${place} ${form}`, () => read(part(), sql.placeholder("most")), {
                most,
              });
        rows.push(...found);
      }
      return pageFrom(rows.map(issueOf), request);
    },

    async issuePagesOf(projectIds, request) {
      if (projectIds.length === 0) return new Map();
      const { order, limit } = request;
      const own = projectIds.map((projectId): IssuePageRequest => {
        const filter = { and: [request.filter, { project: { sentryId: { eq: projectId } } }] };
        return { ...request, filter };
      });
      const narrowings = await narrowest(
        own.map(({ filter, now }) => issueNarrowings(filter, tables, dialect, now)),
        null,
      );
      const parts = own
        .flatMap((page, index) => partsOf(page, narrowings[index]!))
        .map((part, place) => {
          const rows = rowsOf(part(), limit + 1).as(`part_${place}`);
          return db.select({ ...rows._.selectedFields, place: sql<number>`${place}`.as("place") }).from(rows);
        });
      const by = readFrom(request.from, order.direction);
      const variables = Math.max(1, ...parts.map((part) => part.toSQL().params.length));
      const together = Math.min(mostParts, Math.max(1, Math.floor(mostVariables / variables)));
      const rows: (IssueColumns & { readonly place: number })[] = [];
      for (let from = 0; from < parts.length; from += together) {
        const [one, ...more] = parts.slice(from, from + together);
        // A union takes at least two selects, and Drizzle changes the first one: each union needs an empty one of its
        // own.
        const nothing = db
          .select({ ...listed, place: sql<number>`-1`.as("place") })
          .from(issues)
          .where(sql`1 = 0`);
        // The parts of one project are next to each other; each is in order.
        const found = await unionAll(nothing, one!, ...more).orderBy(
          sql`place`,
          by(sql.identifier(issues[orderColumns[order.field]].name)),
          by(sql.identifier(issues.sentryId.name)),
        );
        rows.push(...found);
      }
      // Each part asks for the issues of one project.
      const found = grouped(rows, ({ projectId }) => projectId!);
      return new Map(
        [...found].map(([projectId, rows]) => [projectId, pageFrom(rows.map(issueOf), request)]),
      );
    },
  };
}

/** Equal for requests that differ only in their limits; null for those that seldom come again in the same form. */
function formOf({ filter, order, from, after, before }: IssuePageRequest): string | null {
  if (after !== null || before !== null) return null;
  const form = JSON.stringify([order.field, order.direction, from, filter]);
  // A time relative to `now` is another one each time.
  return form.includes('"fromNow"') ? null : form;
}

/** Bounds of the page among the issues that have the value. Those without it all come after them. */
function withinValued(
  { after, before }: PageRequest<IssueKey>,
  direction: Direction,
  column: AnyColumn | SQL,
  sentryId: AnyColumn,
): SQL[] {
  const [behind, ahead] = sidesIn(direction);
  const bounds: SQL[] = [];
  if (after !== null)
    bounds.push(
      after.value === null
        ? sql`1 = 0`
        : sql`(${column}, ${sentryId}) ${behind} (${after.value}, ${storable(after.sentryId)})`,
    );
  if (before !== null && before.value !== null)
    bounds.push(sql`(${column}, ${sentryId}) ${ahead} (${before.value}, ${storable(before.sentryId)})`);
  return bounds;
}

/** Bounds of the page among the issues that do not have the value. */
function withinNulls(
  { after, before }: PageRequest<IssueKey>,
  direction: Direction,
  sentryId: AnyColumn,
): SQL[] {
  const [behind, ahead] = sidesIn(direction);
  const bounds: SQL[] = [];
  if (after !== null && after.value === null)
    bounds.push(sql`${sentryId} ${behind} ${storable(after.sentryId)}`);
  if (before !== null)
    bounds.push(before.value === null ? sql`${sentryId} ${ahead} ${storable(before.sentryId)}` : sql`1 = 0`);
  return bounds;
}
