import { CombinedGraphQLErrors } from "@apollo/client";

/** The errors after which a cursor cannot be resumed: read the list again. */
const lostPlaces = new Set(["CURSOR_INVALID", "CURSOR_AHEAD", "CURSOR_EXPIRED", "EPOCH_CHANGED"]);

/** The errors that pass: resume after the same cursor. */
const passing = new Set([
  "SLOW_CONSUMER",
  "SERVICE_UNAVAILABLE",
  "TIMEOUT",
  "RATE_LIMITED",
  "OPERATION_LIMIT",
]);

/** What to do after an error: read the list again, resume, or nothing, because it would be refused again. */
export type Remedy = "read" | "resume" | "none";

export function remedyFor(error: unknown): Remedy {
  // No answer: the gateway or the network is down. A client that may not read has its WebSocket closed with 4403.
  if (!CombinedGraphQLErrors.is(error)) return /\b4403\b/.test(String(error)) ? "none" : "resume";
  const codes = error.errors.map(({ extensions }) => String(extensions?.["code"]));
  if (codes.some((code) => lostPlaces.has(code))) return "read";
  return codes.every((code) => passing.has(code)) ? "resume" : "none";
}
