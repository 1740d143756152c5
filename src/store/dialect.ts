import type { AnyColumn, SQL, Table } from "drizzle-orm";

/**
 * What the databases write differently in a filter. Each gives null at most where the column does, and compares bytes:
 * no collation, no wildcards.
 */
export interface Dialect {
  /** True where `text` is part of the column's text. It is folded, as the column is, and not empty. */
  readonly contains: (column: AnyColumn, text: string) => SQL;
  /** True where the column's text begins with `text`. It is folded, as the column is, and not empty. */
  readonly startsWith: (column: AnyColumn, text: string) => SQL;
  /**
   * True where the column holds one of `values`, of which there is at least one. Binds one variable however many they
   * are: SQLite takes 32,766 in a statement, PostgreSQL 65,535, and one filter may hold many long lists.
   */
  readonly among: (column: AnyColumn, values: readonly string[]) => SQL;
  /**
   * Every issue whose title, culprit or short id contains `text`, and perhaps some more, as an index of texts finds
   * them. `text` is folded. Null where no index can.
   */
  readonly containing: (issues: IssuesTable, text: string) => Narrowing | null;
  /** The condition, to be tried on rows that are found otherwise: no index is to be chosen for it. */
  readonly tried: (condition: SQL) => SQL;
  /** The condition, by which a statement can be ended that tries it on very many rows. `row` is the rows' own number. */
  readonly stoppable: (condition: SQL, row: AnyColumn) => SQL;
}

/** A condition that an index finds issues by. */
export type Narrowing = {
  readonly condition: SQL;
  /** A select of one row for each issue that it finds, which ends as soon as nobody asks for more of them. */
  readonly found: SQL;
  /** How many issues it may leave for them to be sorted; of more the order's own index is followed. */
  readonly few: number;
  /** It may leave one of so many for that: where it leaves more of all issues, the order's own index soon finds a page. */
  readonly oneOf: number;
};

/** What an issue contains is tried on its row. */
export const toReadAndSort = { few: 5_000, oneOf: 1 } as const;

/** A table of either database that has these columns. */
type TableOf<Column extends string> = Table & { readonly [Name in Column]: AnyColumn };

/** The columns named `…Folded` hold the fold of the other's text, and null where that is null. */
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
