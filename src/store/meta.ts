import { randomBytes } from "node:crypto";

/** What the store remembers of itself, by name. */
export const metaNames = {
  /** Which log the positions belong to. */
  epoch: "epoch",
  /** The oldest position that can be resumed after. */
  oldest: "oldest",
  /** Which database this is; a copy of it has the same. */
  instance: "instance",
  /** The newest delivery whose body was dropped for its age, and those of all before it. */
  prunedTo: "prunedTo",
  /** Greater whenever issues were dropped for their age, or what deliveries held that were set aside. */
  dropped: "dropped",
  /** The newest position ever handed out, where its entry may be gone; PostgreSQL's alone, for SQLite counts by itself. */
  newest: "newest",
  /** How far a copy into this store has come; there is none in a store that may be used. */
  copying: "copying",
} as const;

/** Sixteen letters and digits that no other epoch or database has. */
export function newName(): string {
  return BigInt(`0x${randomBytes(11).toString("hex")}`)
    .toString(36)
    .padStart(16, "0")
    .slice(-16);
}
