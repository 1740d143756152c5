import type { LiveOperation } from "../../graphql/live/live-operation.ts";
import type { Report } from "../../observability/report.ts";
import type { Live, LiveSubscriber } from "../live/live.ts";
import { startOfNext } from "../live/message.ts";
import type { Begun } from "./begun.ts";
import { cut, pingWithCursor, type Connection } from "./connection.ts";

/**
 * Serves a subscription. Yields nothing, and ends when the subscription does. graphql-ws calls `return` when the client
 * completes the operation or has left.
 */
export function liveResults(
  connection: Connection,
  id: string,
  begun: Begun,
  {
    live,
    report,
  }: {
    readonly live: Live;
    readonly report: Pick<Report, "subscriberJoined" | "subscriberLeft" | "slowConsumerCut">;
  },
): AsyncGenerator<never, void, void> {
  const { webSocket, socket, subscribers } = connection;
  const ended = Promise.withResolvers<IteratorResult<never, void>>();
  const start = startOfNext(id);
  let subscriber: LiveSubscriber | null = null;

  function write(frames: string): void {
    // Not through ws. It writes whole frames too, so none of ours can get into the middle of another.
    if (webSocket.readyState !== webSocket.OPEN || socket.write(frames, "latin1")) return;
    goLast();
    if (!connection.unread.count()) cut(connection, { report });
  }

  function goLast(): void {
    if (subscriber === null || subscribers.get(id) !== subscriber) return;
    subscribers.delete(id);
    subscribers.set(id, subscriber);
  }

  function join(operation: LiveOperation): void {
    begun.operation = null;
    subscriber = live.begin(operation, {
      connection,
      hasRoom: () => !socket.writableNeedDrain,
      write: (message) => write(message.frames(start)),
      caughtUp: () => pingWithCursor(connection),
      end(last, end) {
        if (last !== null) write(last.frames(start));
        // When the gateway stops all sockets are closed, by a code that says more than the end of an operation.
        if (end.is !== "stopped") leave();
      },
    });
    subscribers.set(id, subscriber);
    report.subscriberJoined("websocket");
  }

  function leave(): void {
    if (subscriber === null) return ended.resolve({ done: true, value: undefined });
    const leaving = subscriber;
    if (subscribers.get(id) === leaving) {
      subscribers.delete(id);
      report.subscriberLeft("websocket");
    }
    leaving[Symbol.dispose]();
    ended.resolve({ done: true, value: undefined });
  }

  return {
    next() {
      if (begun.operation !== null) join(begun.operation);
      return ended.promise;
    },
    return() {
      leave();
      return ended.promise;
    },
    throw() {
      leave();
      return ended.promise;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => leave(),
  };
}
