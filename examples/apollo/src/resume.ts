import { CombinedGraphQLErrors } from "@apollo/client";

/** The errors that say that a cursor cannot be resumed after: read the list again. */
const lostPlaces = new Set(["CURSOR_INVALID", "CURSOR_AHEAD", "CURSOR_EXPIRED", "EPOCH_CHANGED"]);

/** The errors that pass: go on where it was. */
const passing = new Set([
  "SLOW_CONSUMER",
  "SERVICE_UNAVAILABLE",
  "TIMEOUT",
  "RATE_LIMITED",
  "OPERATION_LIMIT",
]);

/** What helps after an error: to read the list again, or to go on where it was; nothing where it would be refused again. */
export type Remedy = "read" | "resume" | "none";

export function remedyFor(error: unknown): Remedy {
  // No answer: the gateway is gone, or the way to it. Who may not read has the WebSocket closed with 4403.
  if (!CombinedGraphQLErrors.is(error)) return /\b4403\b/.test(String(error)) ? "none" : "resume";
  const codes = error.errors.map(({ extensions }) => String(extensions?.["code"]));
  if (codes.some((code) => lostPlaces.has(code))) return "read";
  return codes.every((code) => passing.has(code)) ? "resume" : "none";
}
