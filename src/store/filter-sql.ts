import { and, eq, isNotNull, sql, type AnyColumn, type SQL } from "drizzle-orm";
import type { IssueFilter, TransitionFilter } from "../domain/filter.ts";
import { fold } from "../domain/fold.ts";
import { interpret } from "../domain/interpret.ts";
import {
  issueLevelOf,
  issueLevels,
  issuePriorities,
  issuePriorityOf,
  issueStatuses,
  issueStatusOf,
  issueSubstatuses,
  issueSubstatusOf,
} from "../domain/issue.ts";
import { comparing, type Vocabulary } from "./comparator-sql.ts";
import { all, any, type Condition } from "./condition.ts";
import type { Dialect, EventsTable, IssuesTable, Narrowing } from "./dialect.ts";
import { narrowingsOf } from "./narrowings.ts";

/**
 * The limits of filters that the index of an order can mostly check without reading rows: following it soon costs less
 * than sorting.
 */
const toSort = { few: 1_000, oneOf: 8 } as const;

/**
 * A condition that is true of exactly the issues that `matches` accepts; undefined if the filter accepts all.
 *
 * Relative times count from `now` (epoch milliseconds). For use in a `where`, alone or joined by AND: it is null for
 * some issues that do not match, so it must not be negated.
 */
export function issueWhere(
  filter: IssueFilter,
  tables: { readonly issues: IssuesTable },
  dialect: Dialect,
  now: number,
): SQL | undefined {
  const { issues } = tables;
  return whereOf(issueCondition(filter, true, { issues, dialect, now }), dialect, issues.id);
}

/**
 * Conditions that an index serves, the most selective first. Every issue that passes the filter meets each of them.
 * Empty if the filter has no such part.
 */
export function issueNarrowings(
  filter: IssueFilter,
  tables: { readonly issues: IssuesTable },
  dialect: Dialect,
  now: number,
): readonly Narrowing[] {
  const { issues } = tables;
  return narrowingsOf(filter).flatMap((part) => {
    if (part.search !== undefined) return dialect.containing(issues, fold(part.search)) ?? [];
    const condition = issueCondition(part, true, { issues, dialect, now });
    if (typeof condition === "boolean") return [];
    return { condition, found: sql`select 1 from ${issues} where ${condition}`, ...toSort };
  });
}

/** The conditions of `issueNarrowings` that the text index serves. */
export function textNarrowings(
  filter: IssueFilter,
  { issues }: { readonly issues: IssuesTable },
  dialect: Dialect,
): readonly SQL[] {
  return narrowingsOf(filter).flatMap(({ search }) =>
    search === undefined ? [] : (dialect.containing(issues, fold(search))?.condition ?? []),
  );
}

/**
 * A condition that is true of exactly the events that `transitionTest` accepts, with each issue as it is now; of
 * none without a transition. Otherwise like `issueWhere`.
 */
export function transitionWhere(
  filter: TransitionFilter,
  tables: { readonly issues: IssuesTable; readonly events: EventsTable },
  dialect: Dialect,
  now: number,
): SQL | undefined {
  const change = changeCondition(filter, true, { ...tables, dialect, now });
  return whereOf(all([isNotNull(tables.events.kind), change]), dialect, tables.events.seq);
}

const statuses = { words: issueStatuses, wordOf: known(issueStatusOf) };
const substatuses = { words: issueSubstatuses, wordOf: issueSubstatusOf };
const levels = { words: issueLevels, wordOf: issueLevelOf };
const priorities = { words: issuePriorities, wordOf: issuePriorityOf };

type FilterContext = { readonly issues: IssuesTable; readonly dialect: Dialect; readonly now: number };

/** The condition under which the filter comes out as `wanted`. A `not` inverts that, down to the comparators. */
function issueCondition(filter: IssueFilter, wanted: boolean, context: FilterContext): Condition {
  const { issues, dialect, now } = context;
  const [every, some] = wanted ? [all, any] : [any, all];
  const when = comparing(wanted, dialect, now);
  const one = (inner: IssueFilter) => issueCondition(inner, wanted, context);
  return every(
    interpret<IssueFilter, Condition>(filter, {
      and: (filters) => every(filters.map(one)),
      or: (filters) => some(filters.map(one)),
      not: (inner) => issueCondition(inner, !wanted, context),
      sentryId: (comparator) => when.text(issues.sentryId, comparator),
      shortId: (comparator) => when.foldedText(issues.shortId, issues.shortIdFolded, comparator),
      search: (text) =>
        some(
          [issues.titleFolded, issues.culpritFolded, issues.shortIdFolded].map((searched) =>
            when.contains(searched, text),
          ),
        ),
      title: (comparator) => when.foldedText(issues.title, issues.titleFolded, comparator),
      culprit: (comparator) => when.foldedText(issues.culprit, issues.culpritFolded, comparator),
      status: (comparator) => when.word(issues.status, statuses, comparator),
      substatus: (comparator) => when.word(issues.substatus, substatuses, comparator),
      statusSince: (comparator) => when.date(issues.statusSince, comparator),
      level: (comparator) => when.word(issues.level, levels, comparator),
      priority: (comparator) => when.word(issues.priority, priorities, comparator),
      category: (comparator) => when.foldedText(issues.category, issues.categoryFolded, comparator),
      issueType: (comparator) => when.foldedText(issues.issueType, issues.issueTypeFolded, comparator),
      platform: (comparator) => when.foldedText(issues.platform, issues.platformFolded, comparator),
      project: (inner) =>
        every(
          interpret<typeof inner, Condition>(inner, {
            sentryId: (comparator) => when.text(issues.projectId, comparator),
            slug: (comparator) => when.foldedText(issues.projectSlug, issues.projectSlugFolded, comparator),
          }),
        ),
      assignee: (inner) =>
        every(
          interpret<typeof inner, Condition>(inner, {
            null: (is) => when.empty(issues.assigneeId, is),
            sentryId: (comparator) => when.text(issues.assigneeId, comparator),
            email: (comparator) =>
              when.foldedText(issues.assigneeEmail, issues.assigneeEmailFolded, comparator),
            name: (comparator) => when.foldedText(issues.assigneeName, issues.assigneeNameFolded, comparator),
            type: (type) => when.oneOf(issues.assigneeType, [type]),
          }),
        ),
      isUnhandled: (comparator) => when.flag(issues.isUnhandled, comparator),
      count: (comparator) => when.number(issues.count, comparator),
      userCount: (comparator) => when.number(issues.userCount, comparator),
      firstSeen: (comparator) => when.date(issues.firstSeen, comparator),
      lastSeen: (comparator) => when.date(issues.lastSeen, comparator),
    }),
  );
}

/** As `issueCondition`, for events that have a transition. */
function changeCondition(
  filter: TransitionFilter,
  wanted: boolean,
  context: FilterContext & { readonly events: EventsTable },
): Condition {
  const { events, dialect, now } = context;
  const [every, some] = wanted ? [all, any] : [any, all];
  const when = comparing(wanted, dialect, now);
  const one = (inner: TransitionFilter) => changeCondition(inner, wanted, context);
  return every(
    interpret<TransitionFilter, Condition>(filter, {
      and: (filters) => every(filters.map(one)),
      or: (filters) => some(filters.map(one)),
      not: (inner) => changeCondition(inner, !wanted, context),
      issue: (inner) => ofIssue(issueCondition(inner, wanted, context), context),
      kind: (kinds) => when.oneOf(events.kind, kinds),
      source: (sources) => when.oneOf(events.source, sources),
      fromStatus: (comparator) => when.word(events.fromStatus, statuses, comparator),
      toStatus: (comparator) => when.word(events.toStatus, statuses, comparator),
      toSubstatus: (comparator) => when.word(events.toSubstatus, substatuses, comparator),
      occurredAt: (comparator) => when.date(events.occurredAt, comparator),
      actorType: (types) => when.oneOf(events.actorType, types),
    }),
  );
}

/**
 * True if the event's issue meets the condition. EXISTS rather than IN: both databases can turn it into a join in
 * either direction, so a page in an index's order stops at its limit instead of first listing every such issue.
 */
function ofIssue(
  condition: Condition,
  { issues, events, dialect }: FilterContext & { readonly events: EventsTable },
): Condition {
  if (typeof condition === "boolean") return condition;
  const matching = and(eq(issues.sentryId, events.issueId), dialect.stoppable(condition, issues.id));
  return sql`exists (select 1 from ${issues} where ${matching})`;
}

function whereOf(condition: Condition, { stoppable }: Dialect, row: AnyColumn): SQL | undefined {
  if (condition === true) return undefined;
  return condition === false ? sql`1 = 0` : stoppable(condition, row);
}

/** `wordOf`, with null for a null status: a transition from nothing has none to come from. */
function known<Word extends string>(wordOf: (raw: string) => Word): Vocabulary<Word>["wordOf"] {
  return (raw) => (raw === null ? null : wordOf(raw));
}
