import { randomBytes } from "node:crypto";

/** What the store remembers of itself, by name. */
export const metaNames = {
  /** Which log the positions belong to. */
  epoch: "epoch",
  /** The oldest position that can be resumed after. */
  oldest: "oldest",
  /** Which database this is; a copy of it has the same. */
  instance: "instance",
  /** The newest delivery whose body was dropped for its age; so were those of all before it. */
  prunedTo: "prunedTo",
  /** Grows whenever issues are dropped for their age, or deliveries that were set aside are erased. */
  dropped: "dropped",
  /** The newest position ever handed out, in case its entry is gone. PostgreSQL only: SQLite counts by itself. */
  newest: "newest",
  /** How far a copy into this store has come; absent from a store that may be used. */
  copying: "copying",
} as const;

/** Sixteen random letters and digits, to name an epoch or a database uniquely. */
export function newName(): string {
  return BigInt(`0x${randomBytes(11).toString("hex")}`)
    .toString(36)
    .padStart(16, "0")
    .slice(-16);
}
