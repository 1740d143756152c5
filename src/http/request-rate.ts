import type { IncomingMessage } from "node:http";
import { clientKey, isLoopback } from "./address.ts";
import { createRateLimit } from "./rate-limit.ts";

/**
 * Counts one more request from where this one came from: a request over HTTP, one that becomes a WebSocket included, or an
 * operation on the WebSocket that it became. The seconds that it has to wait before another one; 0 where it is within the rate.
 */
export type RequestRate = (request: IncomingMessage) => number;

/** @param perMinute of one client; 0 for any number. This machine's own are not counted. */
export function createRequestRate({
  perMinute,
  addressOf,
}: {
  readonly perMinute: number;
  /** `clientAddress`. */
  readonly addressOf: (request: IncomingMessage) => string;
}): RequestRate {
  if (perMinute === 0) return () => 0;
  const rate = createRateLimit({ burst: perMinute, perMs: 60_000 });
  return (request) => {
    const address = addressOf(request);
    return isLoopback(address) ? 0 : rate.exceededFor(clientKey(address));
  };
}

/** What is said to whoever is over the rate. */
export function tooMany(waitSeconds: number): string {
  return `Too many requests from your address: wait ${waitSeconds} s.`;
}
