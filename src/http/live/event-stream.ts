import type { ServerResponse } from "node:http";
import type { LiveOperation } from "../../graphql/live/live-operation.ts";
import { nowUnauthenticated } from "../../graphql/live/ended.ts";
import type { Report } from "../../observability/report.ts";
import type { AnswerRoom } from "../limits/answer-room.ts";
import { createUnread } from "../limits/unread.ts";
import { pingSeconds, stallSeconds, type Heartbeat } from "./heartbeat.ts";
import { lastMessage, type Live } from "./live.ts";
import { bodyOf, chunkOf } from "./message.ts";
import { memoizeLast } from "../memoize-last.ts";
import type { Unreachable } from "./unreachable.ts";

export type EventStreamOptions = {
  readonly live: Live;
  readonly heartbeat: Heartbeat;
  /** Connections whose other end has stopped acknowledging. */
  readonly unreachable: Pick<Unreachable, "has">;
  /** Shared by all transports. */
  readonly answerRoom: AnswerRoom;
  readonly report: Pick<Report, "subscriberJoined" | "subscriberLeft" | "slowConsumerCut">;
};

export type EventStreamReader = {
  /** One key for all of the client's addresses, as `clientKey` gives it. */
  readonly client: string;
  /** False once it may no longer read. */
  readonly mayRead: () => boolean;
};

/** With an empty `data` field: EventSource does not dispatch an event without one. */
const complete = chunkOf([Buffer.from("event: complete\ndata:\n\n")]);

/** Most subscribers pinged in a row are at the same position, the end of the log, and share one chunk. */
const pingAt = memoizeLast((cursor: string) => chunkOf([Buffer.from(`id: ${cursor}\n\n`)]));

/**
 * Serves a subscription as GraphQL over SSE, in distinct connections mode, on a response whose head is sent. A chunk
 * that many subscribers get is made once. It is written to the socket: the response would make the chunk anew for each.
 *
 * | what is written                | when                                                                          |
 * | ------------------------------ | ----------------------------------------------------------------------------- |
 * | `id`, `event: next`, `data`    | a result; the id is the cursor to resume after                                |
 * | `id` alone                     | a ping, every 12 s and after a replay: everything up to the id has been sent  |
 * | `next` with errors, `complete` | it cannot go on: an error with a code, or the client may no longer read       |
 * | the end of the body            | the gateway stops: reconnect with the last id                                 |
 *
 * Pings are also sent during a replay, so a ping does not mean that the replay is over.
 *
 * A connection is cut if it has no room for 30 s, if its other end is gone, or if there is no memory for what its
 * client has not read.
 */
export function serveEventStream(
  response: ServerResponse,
  operation: LiveOperation,
  { client, mayRead }: EventStreamReader,
  { live, heartbeat, unreachable, answerRoom, report }: EventStreamOptions,
): void {
  let seconds = 0;
  let stalledSeconds = 0;
  let isOver = false;
  // HTTP/1.0 has no chunked encoding. A response without a socket waits for the answer to an earlier request.
  const chunked = response.chunkedEncoding ? response.socket : null;
  const taker = chunked ?? response;
  const unread = createUnread(answerRoom, taker, response.req, cut);

  function write(chunk: Buffer): void {
    const isTaken = chunked === null ? response.write(bodyOf(chunk)) : chunked.write(chunk);
    if (!isTaken && !unread.count()) cut();
  }

  function cut(): void {
    if (taker.destroyed) return;
    leave();
    report.slowConsumerCut("sse");
    // A reset also discards what is in the system's send buffer.
    if (response.socket === null) response.destroy();
    else response.socket.resetAndDestroy();
  }

  function hasRoom(): boolean {
    return !taker.writableNeedDrain;
  }

  /** Ends the subscription, but not the response. False if it had ended already. */
  function leave(): boolean {
    if (isOver) return false;
    isOver = true;
    subscriber[Symbol.dispose]();
    visiting[Symbol.dispose]();
    taker.off("drain", goOn);
    report.subscriberLeft("sse");
    return true;
  }

  function ping(): void {
    if (hasRoom()) write(pingAt(subscriber.cursor));
  }

  function goOn(): void {
    stalledSeconds = 0;
    unread.letGo();
    subscriber.resume();
  }

  /** Ends the response with `complete`, after which clients do not reconnect by themselves. */
  function finish(chunk: Buffer | null): void {
    if (chunk !== null) write(chunk);
    write(complete);
    response.end();
  }

  const visiting = heartbeat.add(() => {
    if (!mayRead()) {
      if (leave()) finish(lastMessage(nowUnauthenticated).chunk);
      return;
    }
    if (response.socket !== null && unreachable.has(response.socket)) {
      response.socket.destroy();
      return;
    }
    stalledSeconds = hasRoom() ? 0 : stalledSeconds + 1;
    if (stalledSeconds >= stallSeconds) return cut();
    seconds += 1;
    if (seconds % pingSeconds === 0) ping();
  });

  const subscriber = live.begin(operation, {
    connection: { client },
    hasRoom,
    write: (message) => write(message.chunk),
    caughtUp: ping,
    end(last, end) {
      if (!leave()) return;
      // Without a `complete` clients reconnect, as they should when the gateway stops.
      if (end.is === "stopped") response.end();
      else finish(last?.chunk ?? null);
    },
  });
  report.subscriberJoined("sse");

  taker.on("drain", goOn);
  response.on("close", leave);
  response.on("close", unread.letGo);
  // Handled on `close`, which follows.
  response.on("error", () => {});
}
