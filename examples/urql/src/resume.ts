import { NetworkError } from "graphql-sse";
import type { CombinedError } from "urql";

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

export function remedyFor({ graphQLErrors, networkError }: CombinedError): Remedy {
  // No answer: the gateway or the network is down. graphql-sse tells of a refused token only by the HTTP status.
  if (networkError instanceof NetworkError) return networkError.response?.status === 401 ? "none" : "resume";
  if (networkError !== undefined) return "resume";
  const codes = graphQLErrors.map(({ extensions }) => String(extensions["code"]));
  if (codes.some((code) => lostPlaces.has(code))) return "read";
  return codes.every((code) => passing.has(code)) ? "resume" : "none";
}
