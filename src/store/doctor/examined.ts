import type { QueryContext } from "../queries/query.ts";

/** A store to be examined, in one moment of it. */
export type Examined = Pick<QueryContext, "db" | "tables" | "newestPosition"> & {
  readonly onProgress: (done: number, total: number) => void;
  /** The remedy if a history is not what its deliveries tell. */
  readonly howToRebuild: string;
};
