import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import type { Connection } from "./fair-queue.ts";

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
  readonly tell: (entry: LogEntry) => Telling<One> | null;
};

/** One entry, as an operation tells it. */
export type Telling<One extends Answer> = {
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
  /** The answer as of now, when the log has reached at least `position`. Rejects as `Telling.answer` does. */
  readonly read: (position: Seq) => Promise<One>;
  readonly isSame: (one: One, other: One) => boolean;
};

/** Why a subscriber gets no more. */
export type End =
  /** Its last answer said why. */
  | { readonly is: "told" }
  /** What followed its position is no longer in the log. */
  | { readonly is: "expired" }
  /** It was at the end of the log, and has fallen too far behind. */
  | { readonly is: "slow" }
  /** The log could not be read, or an answer not made. */
  | { readonly is: "failed"; readonly error: unknown }
  /** The gateway stops. */
  | { readonly is: "stopped" };

/** Where a subscriber's answers go. No function is called before `follow` or `watch` has returned. */
export type Sink<One extends Answer> = {
  /** The connection that carries them. Several sinks may share one. */
  readonly connection: Connection;
  /**
   * False while it takes no more, until `Subscriber.resume`. What other sinks wrote to the same client may be the
   * cause. Asked before each answer is written, and before one is made for a subscriber that is catching up.
   */
  readonly hasRoom: () => boolean;
  /** Takes an answer, in log order. */
  readonly write: (answer: One) => void;
  /** Called once, when everything in the log has been written: from now on the subscriber is live. */
  readonly caughtUp: () => void;
  /** Nothing is called after this. */
  readonly end: (end: End) => void;
};

/** A subscriber of an operation. Disposing it ends it without calling the sink. */
export type Subscriber = Disposable & {
  /** Everything up to here was written, or is not told by the operation. */
  readonly position: Seq;
  /** To be called when the sink takes answers again. */
  readonly resume: () => void;
};

/** The connections of a set's members. Each iteration gives those who are in the set at that time. */
export function connectionsOf(
  members: ReadonlySet<{ readonly sink: Pick<Sink<never>, "connection"> }>,
): Iterable<Connection> {
  return {
    *[Symbol.iterator]() {
      for (const { sink } of members) yield sink.connection;
    },
  };
}
