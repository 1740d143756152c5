import type { IncomingMessage } from "node:http";
import { clientKey, isLoopback } from "../address.ts";
import { createRateLimit } from "./rate-limit.ts";

/**
 * Counts one more request of the client that `request` comes from: an HTTP request, a WebSocket's upgrade, or an
 * operation on the WebSocket that `request` became. Returns 0 within the rate, else the seconds to wait.
 */
export type RequestRate = (request: IncomingMessage) => number;

/** @param perMinute requests of one client; 0 for no limit. Requests from this machine are not counted. */
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
