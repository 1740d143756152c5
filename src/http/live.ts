import type { ExecutionResult, GraphQLError } from "graphql";
import { cursorOf, type Seq } from "../domain/cursor.ts";
import { endedResult } from "../graphql/ended.ts";
import type { LiveOperation } from "../graphql/live-operation.ts";
import { serialised } from "../graphql/serialised.ts";
import type { End, Sink, Subscriber } from "../stream/answer.ts";
import type { Fanout } from "../stream/fanout.ts";
import { createMessage, type Message } from "./message.ts";

/** Subscriptions as transports serve them: results are bytes, ends are results. */
export type Live = {
  readonly begin: (operation: LiveOperation, sink: LiveSink) => LiveSubscriber;
};

export type LiveSink = Omit<Sink<Message>, "end"> & {
  /** Nothing is called after this. `last` says why, where there is something to say. */
  readonly end: (last: Message | null, end: End) => void;
};

export type LiveSubscriber = Disposable & {
  /** Everything up to here was written, or is none of its business. */
  readonly position: Seq;
  /** The position for the client: resuming after it, nothing is missed and nothing comes twice. */
  readonly cursor: string;
  readonly resume: () => void;
};

export type LiveOptions = {
  readonly fanout: Fanout<Message>;
  /** The newest position of the log that this process knows. */
  readonly newest: () => number;
  /** What a client sees of an error. */
  readonly mask: (error: unknown) => GraphQLError;
};

export function createLive({ fanout, newest, mask }: LiveOptions): Live {
  return {
    begin(operation, { write, caughtUp, end: ended }) {
      const { epoch, key } = operation;
      const at = (seq: number): string => cursorOf({ epoch, seq });
      const sink: Sink<Message> = {
        write,
        caughtUp,
        end(end) {
          const position = { epoch, seq: subscriber.position };
          const result = endedResult(end, { position, newest: newest(), mask });
          ended(result === null ? null : lastMessage(result), end);
        },
      };
      const subscriber: Subscriber =
        operation.is === "figures"
          ? fanout.watch(
              {
                key,
                concerns: operation.concerns,
                read: async (seq) => messageOf(await operation.read(), at(seq)),
                isSame: (one, other) => one.json === other.json,
              },
              sink,
            )
          : fanout.follow(
              {
                key,
                answer(entry) {
                  const made = operation.answer(entry);
                  return made && made.then((result) => messageOf(result, at(entry.event.seq)));
                },
              },
              operation.after,
              sink,
            );
      return {
        get position() {
          return subscriber.position;
        },
        get cursor() {
          return at(subscriber.position);
        },
        resume: subscriber.resume,
        [Symbol.dispose]: () => subscriber[Symbol.dispose](),
      };
    },
  };
}

/** What ends a stream: it has no cursor, so that a client resumes where it was. */
export function lastMessage(result: ExecutionResult): Message {
  return createMessage(serialised(result), { cursor: null, isLast: true });
}

function messageOf(result: ExecutionResult, cursor: string): Message {
  const isLast = mayPass(result);
  return createMessage(serialised(result), { cursor: isLast ? null : cursor, isLast });
}

/** True when nothing could be told, for a reason that may be gone when it is asked for again. */
function mayPass({ data, errors = [] }: ExecutionResult): boolean {
  return data == null && errors.some(({ extensions }) => passing.has(extensions["code"]));
}

const passing: ReadonlySet<unknown> = new Set(["SERVICE_UNAVAILABLE", "TIMEOUT"]);
