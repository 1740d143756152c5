import type { ServerResponse } from "node:http";
import type { LiveOperation } from "../graphql/live-operation.ts";
import { nowUnauthenticated } from "../graphql/ended.ts";
import type { Report } from "../observability/report.ts";
import { createUnread, type AnswerRoom } from "./answer-room.ts";
import { pingSeconds, stallSeconds, type Heartbeat } from "./heartbeat.ts";
import { lastMessage, type Live } from "./live.ts";
import { bodyOf, chunkOf } from "./message.ts";
import { onceInARow } from "./once-in-a-row.ts";
import type { Unreachable } from "./unreachable.ts";

export type EventStreamOptions = {
  readonly live: Live;
  readonly heartbeat: Heartbeat;
  /** Connections whose other end is gone without a word. */
  readonly unreachable: Pick<Unreachable, "has">;
  /** Of all ways in. */
  readonly answerRoom: AnswerRoom;
  readonly report: Pick<Report, "subscriberJoined" | "subscriberLeft" | "slowConsumerCut">;
};

export type EventStreamReader = {
  /** All that it has of addresses is one key, as `clientKey` gives it. */
  readonly client: string;
  /** False as soon as it may read no longer. */
  readonly mayRead: () => boolean;
};

/** An empty `data` field: without one, EventSource would not tell a page of it. */
const complete = chunkOf([Buffer.from("event: complete\ndata:\n\n")]);

/** Most of those who are pinged in a row stand at the same position: the end of the log. */
const pingAt = onceInARow((cursor: string) => chunkOf([Buffer.from(`id: ${cursor}\n\n`)]));

/**
 * Serves a subscription as GraphQL over SSE, distinct connections mode, on a response whose head is sent. Chunks that
 * many get are made once, and written past the response, which would make them for each.
 *
 * | what is written                | when                                                                          |
 * | ------------------------------ | ----------------------------------------------------------------------------- |
 * | `id`, `event: next`, `data`    | a result; the id is the cursor to resume after                                |
 * | `id` alone                     | a ping: every 12 s, and once a replay is over; all up to the id is told       |
 * | `next` with errors, `complete` | it cannot go on: an error with a code, or who reads may not any longer        |
 * | the end of the body            | the gateway stops: come back after the last id                                |
 *
 * Pings come during a replay as well, and by themselves do not say that it is over.
 *
 * A connection that has no room for more for 30 s is cut, and so is one whose other end is gone, and one that takes too
 * little where there is no room to hold what it leaves.
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
  // HTTP/1.0 knows of no chunks. Without a socket it waits for the answer to an earlier request.
  const chunked = response.chunkedEncoding ? response.socket : null;
  const taker = chunked ?? response;
  const unread = createUnread(answerRoom, taker, response.req, cut);

  function write(chunk: Buffer): void {
    const isTaken = chunked === null ? response.write(bodyOf(chunk)) : chunked.write(chunk);
    if (!isTaken && !unread.count()) cut();
  }

  function cut(): void {
    leave();
    report.slowConsumerCut("sse");
    // What the system has taken and nobody reads is thrown away as well.
    if (response.socket === null) response.destroy();
    else response.socket.resetAndDestroy();
  }

  function hasRoom(): boolean {
    return !taker.writableNeedDrain;
  }

  /** Ends what was begun; the response itself is left to whoever calls. */
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

  /** Whoever gets this does not come back by itself. */
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
      // Without a `complete` a client comes back, which is what it shall do when the gateway stops.
      if (end.is === "stopped") response.end();
      else finish(last?.chunk ?? null);
    },
  });
  report.subscriberJoined("sse");

  taker.on("drain", goOn);
  response.on("close", leave);
  response.on("close", unread.letGo);
  // What `close` follows.
  response.on("error", () => {});
}
