import type { Seq } from "../domain/cursor.ts";
import type { Connection } from "./fair-queue.ts";
import type { Answer } from "./operation.ts";

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

/** A subscriber that comes too late or in vain: `end` is called once its caller has it, unless it is disposed first. */
export function endedSubscriber(position: Seq, end: () => void): Subscriber {
  let isGone = false;
  queueMicrotask(() => {
    if (!isGone) end();
  });
  return {
    position,
    resume() {},
    [Symbol.dispose]: () => {
      isGone = true;
    },
  };
}

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
