import type { AnyColumn, SQL, Table } from "drizzle-orm";

/**
 * The SQL of filters that differs between the databases. A condition is null only if its column is, and compares bytes:
 * no collation, no wildcards.
 */
export interface Dialect {
  /** True if the column's text contains `text`, which is folded like the column, and not empty. */
  readonly contains: (column: AnyColumn, text: string) => SQL;
  /** True if the column's text begins with `text`, which is folded like the column, and not empty. */
  readonly startsWith: (column: AnyColumn, text: string) => SQL;
  /**
   * True if the column holds one of `values`, of which there is at least one. Binds them all as one variable: SQLite
   * takes 32,766 in a statement, PostgreSQL 65,535, and one filter may hold many long lists.
   */
  readonly among: (column: AnyColumn, values: readonly string[]) => SQL;
  /**
   * Finds, by the text index, every issue whose title, culprit or short id contains `text`, and perhaps some more.
   * `text` is folded. Null if no index can find them.
   */
  readonly containing: (issues: IssuesTable, text: string) => Narrowing | null;
  /** The condition, for rows that are found otherwise: it must not make the database choose an index. */
  readonly tried: (condition: SQL) => SQL;
  /**
   * The condition, in a form that lets a statement be stopped while it checks very many rows. `row` is the column of
   * their number.
   */
  readonly stoppable: (condition: SQL, row: AnyColumn) => SQL;
}

/** A condition on issues that an index serves. */
export type Narrowing = {
  readonly condition: SQL;
  /** Selects one row for each issue that it finds, and stops as soon as no more are asked for. */
  readonly found: SQL;
  /** Most issues that it may leave to be sorted; if it leaves more, the order's own index is followed. */
  readonly few: number;
  /**
   * It may leave at most one in so many of all issues for that: if it leaves more, the order's own index soon finds a
   * page.
   */
  readonly oneOf: number;
};

/** The limits of text searches, which must read the row of each issue that they check. */
export const toReadAndSort = { few: 5_000, oneOf: 1 } as const;

/** A table of either database that has these columns. */
type TableOf<Column extends string> = Table & { readonly [Name in Column]: AnyColumn };

/** A column named `…Folded` holds the folded text of the other; it is null if that is null. */
export type IssuesTable = TableOf<
  | "id"
  | "sentryId"
  | "shortId"
  | "shortIdFolded"
  | "title"
  | "titleFolded"
  | "culprit"
  | "culpritFolded"
  | "status"
  | "substatus"
  | "statusSince"
  | "level"
  | "priority"
  | "category"
  | "categoryFolded"
  | "issueType"
  | "issueTypeFolded"
  | "platform"
  | "platformFolded"
  | "projectId"
  | "projectSlug"
  | "projectSlugFolded"
  | "assigneeType"
  | "assigneeId"
  | "assigneeName"
  | "assigneeNameFolded"
  | "assigneeEmail"
  | "assigneeEmailFolded"
  | "isUnhandled"
  | "count"
  | "userCount"
  | "firstSeen"
  | "lastSeen"
>;

/** `kind` is null for an event without a transition. Every `issueId` has its row in the table of issues. */
export type EventsTable = TableOf<
  | "seq"
  | "issueId"
  | "kind"
  | "source"
  | "fromStatus"
  | "toStatus"
  | "toSubstatus"
  | "occurredAt"
  | "actorType"
>;
