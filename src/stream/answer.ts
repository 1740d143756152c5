import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import type { Connection } from "./line.ts";

/** What an operation says of an entry of the log, serialised. All who follow the operation get the same object. */
export type Answer = {
  /** About how much memory it takes. */
  readonly bytes: number;
  /**
   * Where in it something failed that may not fail again: then it is made anew for whoever asks later, and a figure is
   * read again. Who follows entries is ended before one of which nothing could be told, to come back and have it told.
   */
  readonly failed: "nowhere" | "partly" | "wholly";
};

/** An operation whose subscribers get an answer to each entry of the log that concerns them. */
export type EntryOperation<One extends Answer> = {
  /** Equal for operations that tell the same entries, and say the same of each. */
  readonly key: string;
  /** Equal for operations that say the same of an entry that they tell in the same way, whichever each of them tells. */
  readonly says: string;
  /** Null for an entry that is none of its business. */
  readonly tell: (entry: LogEntry) => Telling<One> | null;
};

/** One entry, as an operation tells it. */
export type Telling<One extends Answer> = {
  /** In which of its ways: one that asks the same of a shorter list may tell of an issue that it leaves the list. */
  readonly as: string;
  /** Rejects by a fault of ours alone, with which whoever was to be told it is ended. */
  readonly answer: () => Promise<One>;
};

/** An operation whose subscribers get its present answer, and another one when that has changed. */
export type FigureOperation<One extends Answer> = {
  /** Equal for operations that say the same at the same time. */
  readonly key: string;
  /** True when an entry of the log can have changed the answer. */
  readonly concerns: (entry: LogEntry) => boolean;
  /** The answer now, of a log that reaches at least to `position`. Rejects as `Telling.answer` does. */
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

/** Where a subscriber's answers go. None of these is called before the subscription has returned. */
export type Sink<One extends Answer> = {
  /** Where they go by, which several sinks may share. */
  readonly connection: Connection;
  /**
   * False while it wants no more before `Subscriber.resume`, be it because of what its client was written for others.
   * Asked before each answer is written, and before one is made for it to read on.
   */
  readonly hasRoom: () => boolean;
  /** Takes an answer, in log order. */
  readonly write: (answer: One) => void;
  /** Everything in the log has been written: from now on the subscriber is live. Called once. */
  readonly caughtUp: () => void;
  /** Nothing is called after this. */
  readonly end: (end: End) => void;
};

/** One that follows an operation. Disposing it ends it without a word. */
export type Subscriber = Disposable & {
  /** Everything up to here was written, or is none of its business. */
  readonly position: Seq;
  /** The sink takes answers again. */
  readonly resume: () => void;
};

/** Of whoever is in the set at the time, whenever they are looked through. */
export function connectionsOf(
  members: ReadonlySet<{ readonly sink: Pick<Sink<never>, "connection"> }>,
): Iterable<Connection> {
  return {
    *[Symbol.iterator]() {
      for (const { sink } of members) yield sink.connection;
    },
  };
}
