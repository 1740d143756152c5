export const copiedEvents = { table: "events", key: "seq", pageSize: 1_000 } as const;
export const copiedIssues = { table: "issues", key: "id", pageSize: 500 } as const;

/** The tables that are copied page by page, by ascending key. */
export const copiedTables = [
  { table: "deliveries", key: "id", pageSize: 1_000 },
  // Before the contents that are not packed: those packed between two runs are in their pack from then on.
  { table: "packs", key: "first", pageSize: 16 },
  // Bodies can be megabytes large, and both sides hold a page in several forms.
  { table: "contents", key: "delivery", pageSize: 16 },
  copiedEvents,
  copiedIssues,
] as const;

export type CopiedTable = (typeof copiedTables)[number];
export type CopiedName = CopiedTable["table"];

/** Small tables whose rows change: copied as a whole at the end, by ascending key. */
export const wholeTables = [
  { table: "projects", key: "sentryId" },
  { table: "tokens", key: "name" },
] as const;

export type WholeTable = (typeof wholeTables)[number];

/** A row of either database. Both give the same values for the same row. */
export type Row = Readonly<Record<string, unknown>>;

/** Which store it is, and figures that change if retention erases something from it. */
export type Identity = {
  readonly instance: string;
  readonly epoch: string;
  /** The oldest position that can be resumed after. */
  readonly oldest: number;
  /** The newest delivery whose body was dropped for its age; 0 for none. */
  readonly prunedTo: number;
  /** Grows whenever issues are dropped for their age, or deliveries that were set aside are erased. */
  readonly dropped: number;
};
