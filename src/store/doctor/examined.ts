import type { Asked } from "../queries/query.ts";

/** A store that is looked at, in one moment of it. */
export type Examined = Pick<Asked, "db" | "tables" | "newestPosition"> & {
  readonly onProgress: (what: string, done: number, total: number) => void;
  /** What to do where a history is not what its deliveries tell. */
  readonly howToRebuild: string;
};
