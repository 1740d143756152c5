export const copiedEvents = { table: "events", key: "seq", pageSize: 1_000 } as const;
export const copiedIssues = { table: "issues", key: "id", pageSize: 500 } as const;

/** What is copied from one store to another row by row, by ascending key. */
export const copiedTables = [
  { table: "deliveries", key: "id", pageSize: 1_000 },
  // Before what is not packed: what is packed between two runs is in its pack from then on.
  { table: "packs", key: "first", pageSize: 16 },
  // Bodies can be of megabytes, and both sides hold a page in several forms.
  { table: "contents", key: "delivery", pageSize: 16 },
  copiedEvents,
  copiedIssues,
] as const;

export type CopiedTable = (typeof copiedTables)[number];
export type CopiedName = CopiedTable["table"];

/** What is copied as a whole, in the end: it is little, and its rows change. By ascending key. */
export const wholeTables = [
  { table: "projects", key: "sentryId" },
  { table: "tokens", key: "name" },
] as const;

export type WholeTable = (typeof wholeTables)[number];

/** A row of either database. Both give the same values for the same row. */
export type Row = Readonly<Record<string, unknown>>;

/** Which store it is, and what of it can have gone since a copy was begun. */
export type Identity = {
  readonly instance: string;
  readonly epoch: string;
  /** The oldest position that can be resumed after. */
  readonly oldest: number;
  /** The newest delivery whose body was dropped for its age; 0 for none. */
  readonly prunedTo: number;
  /** Greater whenever issues were dropped for their age, or what deliveries held that were set aside. */
  readonly dropped: number;
};
