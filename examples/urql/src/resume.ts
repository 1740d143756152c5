import { NetworkError } from "graphql-sse";
import type { CombinedError } from "urql";

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

export function remedyFor({ graphQLErrors, networkError }: CombinedError): Remedy {
  // No answer: the gateway is gone, or the way to it. graphql-sse knows that of a token only by the status.
  if (networkError instanceof NetworkError) return networkError.response?.status === 401 ? "none" : "resume";
  if (networkError !== undefined) return "resume";
  const codes = graphQLErrors.map(({ extensions }) => String(extensions["code"]));
  if (codes.some((code) => lostPlaces.has(code))) return "read";
  return codes.every((code) => passing.has(code)) ? "resume" : "none";
}
