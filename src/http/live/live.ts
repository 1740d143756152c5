import type { ExecutionResult, GraphQLError } from "graphql";
import { cursorOf, type Position, type Seq } from "../../domain/cursor.ts";
import type { LogEntry } from "../../domain/event.ts";
import { endedResult, noRoomToFollow } from "../../graphql/live/ended.ts";
import type { LiveOperation } from "../../graphql/live/live-operation.ts";
import { serialised } from "../../graphql/serialised.ts";
import { endedSubscriber, type End, type Sink, type Subscriber } from "../../stream/subscriber.ts";
import type { Fanout } from "../../stream/fanout.ts";
import type { SubscriptionRoom } from "../limits/subscription-room.ts";
import { createMessage, type Message } from "./message.ts";

/** Subscriptions for the transports: results are given as bytes, and what ends a subscription as a result. */
export type Live = {
  /** Begins a subscription. If there is no room for it, it ends at once with SERVICE_UNAVAILABLE. */
  readonly begin: (operation: LiveOperation, sink: LiveSink) => LiveSubscriber;
};

export type LiveSink = Omit<Sink<Message>, "end"> & {
  /** Nothing is called after this. `last` says why the subscription ends; null if there is nothing to say. */
  readonly end: (last: Message | null, end: End) => void;
};

/** To be disposed, ended or not: until then its memory counts as taken. */
export type LiveSubscriber = Disposable & {
  /** Everything up to here was written, or does not concern the subscription. */
  readonly position: Seq;
  /** The position as a cursor. A client that resumes after it misses nothing and gets nothing twice. */
  readonly cursor: string;
  /** False for a subscription that always begins with the present state, whatever position it had. */
  readonly resumes: boolean;
  readonly resume: () => void;
};

export type LiveOptions = {
  readonly fanout: Fanout<Message>;
  /** The newest position of the log that this process knows. */
  readonly newest: () => number;
  /** What a client sees of an error. */
  readonly mask: (error: unknown) => GraphQLError;
  readonly subscriptionRoom: SubscriptionRoom;
};

/** Every subscription begun here joins `fanout`, and takes its memory from `subscriptionRoom`. */
export function createLive({ fanout, newest, mask, subscriptionRoom }: LiveOptions): Live {
  return {
    begin(operation, { end: ended, ...rest }) {
      // An operation holds as much memory as a request. Only its group in the fan-out may hold it.
      const { epoch, is } = operation;
      const forget = subscriptionRoom.add(operation);
      if (forget === null) return refused({ epoch, seq: newest() }, ended);
      const sink: Sink<Message> = {
        ...rest,
        end(end) {
          const position = { epoch, seq: subscriber.position };
          const result = endedResult(end, { position, newest: newest(), mask });
          ended(result === null ? null : lastMessage(result), end);
        },
      };
      const subscriber = join(fanout, operation, sink);
      return {
        get position() {
          return subscriber.position;
        },
        get cursor() {
          return cursorOf({ epoch, seq: subscriber.position });
        },
        resumes: is === "entries",
        resume: subscriber.resume,
        [Symbol.dispose]() {
          subscriber[Symbol.dispose]();
          forget();
        },
      };
    },
  };
}

/** A subscriber for whom there is no room. */
function refused(at: Position, ended: LiveSink["end"]): LiveSubscriber {
  const subscriber = endedSubscriber(at.seq, () => ended(lastMessage(noRoomToFollow), { is: "told" }));
  return { ...subscriber, cursor: cursorOf(at), resumes: false };
}

/** Not part of `begin`: the closures there live as long as the subscriber, and would hold the operation. */
function join(fanout: Fanout<Message>, operation: LiveOperation, sink: Sink<Message>): Subscriber {
  const { key, epoch } = operation;
  const at = (seq: Seq): string => cursorOf({ epoch, seq });
  if (operation.is === "figures") {
    const { concerns, read } = operation;
    const figures = {
      key,
      concerns,
      read: async (seq: Seq) => messageOf(await read(), at(seq)),
      isSame: (one: Message, other: Message) => one.json === other.json,
    };
    return fanout.watch(figures, sink);
  }
  const { says, tell, after } = operation;
  const entries = {
    key,
    says,
    tell(entry: LogEntry) {
      const telling = tell(entry);
      if (telling === null) return null;
      const { as, answer } = telling;
      return { as, answer: async () => messageOf(await answer(), at(entry.event.seq)) };
    },
  };
  return fanout.follow(entries, after, sink);
}

/** The message that ends a stream. It has no cursor, so a client resumes where it was. */
export function lastMessage(result: ExecutionResult): Message {
  return createMessage(serialised(result), { cursor: null, failed: "wholly" });
}

function messageOf(result: ExecutionResult, cursor: string): Message {
  const failed = failedIn(result);
  return createMessage(serialised(result), { cursor: failed === "wholly" ? null : cursor, failed });
}

/** Counts only failures that may not happen again when the result is made anew. */
function failedIn({ data, errors = [] }: ExecutionResult): Message["failed"] {
  if (!errors.some(({ extensions }) => passing.has(extensions["code"]))) return "nowhere";
  return data == null ? "wholly" : "partly";
}

const passing: ReadonlySet<unknown> = new Set(["SERVICE_UNAVAILABLE", "TIMEOUT"]);
