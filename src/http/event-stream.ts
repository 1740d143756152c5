import type { ServerResponse } from "node:http";
import type { LiveOperation } from "../graphql/live-operation.ts";
import { nowUnauthenticated } from "../graphql/ended.ts";
import type { Report } from "../observability/report.ts";
import { pingSeconds, stallSeconds, type Heartbeat } from "./heartbeat.ts";
import { lastMessage, type Live } from "./live.ts";

export type EventStreamOptions = {
  readonly live: Live;
  readonly heartbeat: Heartbeat;
  readonly report: Pick<Report, "subscriberJoined" | "subscriberLeft" | "slowConsumerCut">;
};

/** An empty `data` field: without one, EventSource would not tell a page of it. */
const complete = Buffer.from("event: complete\ndata:\n\n");

/**
 * Serves a subscription as GraphQL over SSE, distinct connections mode, on a response whose head is sent.
 *
 * | what is written                | when                                                                          |
 * | ------------------------------ | ----------------------------------------------------------------------------- |
 * | `id`, `event: next`, `data`    | a result; the id is the cursor to resume after                                |
 * | `id` alone                     | a ping: once the replay is over, then every 12 s; all up to the id is told     |
 * | `next` with errors, `complete` | it cannot go on: an error with a code, or who reads may not any longer        |
 * | the end of the body            | the gateway stops: come back after the last id                                |
 *
 * A connection that takes nothing for 30 s is cut. @param mayRead false as soon as the client may read no longer.
 */
export function serveEventStream(
  response: ServerResponse,
  operation: LiveOperation,
  mayRead: () => boolean,
  { live, heartbeat, report }: EventStreamOptions,
): void {
  let seconds = 0;
  let stalledSeconds = 0;
  let isOver = false;

  /** Ends what was begun; the response itself is left to whoever calls. */
  function leave(): boolean {
    if (isOver) return false;
    isOver = true;
    subscriber[Symbol.dispose]();
    visiting[Symbol.dispose]();
    report.subscriberLeft("sse");
    return true;
  }

  function ping(): void {
    if (!response.writableNeedDrain) response.write(`id: ${subscriber.cursor}\n\n`);
  }

  const visiting = heartbeat.add(() => {
    if (!mayRead()) {
      const { events } = lastMessage(nowUnauthenticated);
      if (leave()) response.end(Buffer.concat([events, complete]));
      return;
    }
    stalledSeconds = response.writableNeedDrain ? stalledSeconds + 1 : 0;
    if (stalledSeconds >= stallSeconds) {
      leave();
      report.slowConsumerCut("sse");
      // What the system has taken and nobody reads is thrown away as well.
      response.socket?.resetAndDestroy();
      return;
    }
    seconds += 1;
    if (seconds % pingSeconds === 0) ping();
  });

  const subscriber = live.begin(operation, {
    write: (message) => response.write(message.events),
    caughtUp: ping,
    end(last, end) {
      if (!leave()) return;
      // Without a `complete` a client comes back, which is what it shall do when the gateway stops.
      if (end.is === "stopped") response.end();
      else response.end(last === null ? complete : Buffer.concat([last.events, complete]));
    },
  });
  report.subscriberJoined("sse");

  response.on("drain", () => {
    stalledSeconds = 0;
    subscriber.resume();
  });
  response.on("close", leave);
  // What `close` follows.
  response.on("error", () => {});
}
