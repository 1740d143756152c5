import type { LogEntry } from "../../src/domain/event.ts";
import { maskErrors } from "../../src/graphql/errors.ts";
import type { LiveOperation } from "../../src/graphql/live/live-operation.ts";
import { createSubscriptionRoom } from "../../src/http/limits/subscription-room.ts";
import { createLive, type LiveOptions } from "../../src/http/live/live.ts";
import { joinedMessages, type Message } from "../../src/http/live/message.ts";
import { createTurnstile, enterLater, type Turnstile } from "../../src/http/limits/turnstile.ts";
import { askedBy } from "../../src/store/asked-by.ts";
import { createFanout } from "../../src/stream/fanout.ts";
import { createSource } from "../../src/stream/source.ts";
import { createWindow } from "../../src/stream/window.ts";
import { entries, memoryLog } from "../stream/entries.ts";

/** Subscriptions over a log in memory, and ways to write to it. */
export function liveOverMemory(
  logged = 0,
  {
    turnstile = createTurnstile(),
    subscriptionRoom = createSubscriptionRoom(Infinity),
  }: Partial<Pick<LiveOptions, "subscriptionRoom"> & { readonly turnstile: Turnstile }> = {},
) {
  const log = memoryLog(entries(1, logged));
  const window = createWindow(logged, 1_000);
  const fanout = createFanout<Message>({
    source: createSource({ window, log }),
    joined: joinedMessages,
    turn: () => enterLater(turnstile),
    askedBy,
    delivered: () => {},
  });
  return {
    fanout,
    live: createLive({
      fanout,
      newest: () => window.newest,
      mask: maskErrors({ resolverFailed: () => {}, readFailed: () => {} }),
      subscriptionRoom,
    }),
    log,
    write(count = 1): void {
      const more = entries(log.stored.length + 1, log.stored.length + count);
      log.stored.push(...more);
      window.add(more);
    },
  };
}

/** A subscription that answers `{ "data": { "seq": … } }`, with `padding` to make it larger. */
export function seqOperation(
  after: number,
  {
    key = "seq",
    bytes = { once: 0, each: 0 },
    padding = "",
  }: { readonly padding?: string } & Partial<Pick<LiveOperation, "key" | "bytes">> = {},
): LiveOperation {
  return {
    is: "entries",
    key,
    bytes,
    says: key,
    epoch: "e",
    after,
    tell: ({ event: { seq } }: LogEntry) => ({
      as: "told",
      answer: async () => ({ data: padding === "" ? { seq } : { seq, padding } }),
    }),
  };
}
