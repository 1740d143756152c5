import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";

/** What an operation says of a log entry, or as of now, serialised. All its subscribers get the same object. */
export type Answer = {
  /** About how much memory it takes. */
  readonly bytes: number;
  /**
   * How much of it failed in a way that may pass. An answer that failed is made again for those who ask later, and a
   * figure is read again. One that failed wholly ends those who follow entries, at the position before its entry, so
   * that they come back for it.
   */
  readonly failed: "nowhere" | "partly" | "wholly";
};

/** An operation whose subscribers get an answer to each entry of the log that concerns them. */
export type EntryOperation<One extends Answer> = {
  /** Equal for operations that tell the same entries and say the same of each. */
  readonly key: string;
  /** Equal for operations that say the same of any entry that they tell in the same way, even if they tell others. */
  readonly says: string;
  /** Null for an entry that the operation does not tell. */
  readonly tell: (entry: LogEntry) => EntryAnswer<One> | null;
};

/** What an operation says of one entry. */
export type EntryAnswer<One extends Answer> = {
  /** In which way: of the same entry one operation may tell that an issue left its list, another that it changed. */
  readonly as: string;
  /** Rejects only by a fault of ours. Subscribers that were to be told are then ended with it. */
  readonly answer: () => Promise<One>;
};

/** An operation whose subscribers get its present answer, and a new one whenever that has changed. */
export type FigureOperation<One extends Answer> = {
  /** Equal for operations that say the same at the same time. */
  readonly key: string;
  /** True if an entry of the log can have changed the answer. */
  readonly concerns: (entry: LogEntry) => boolean;
  /** The answer as of now, when the log has reached at least `position`. Rejects as `EntryAnswer.answer` does. */
  readonly read: (position: Seq) => Promise<One>;
  readonly isSame: (one: One, other: One) => boolean;
};
