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
  // Who may not read has the WebSocket closed with this code.
  if (error instanceof CloseEvent) return error.code === 4403 ? "none" : "resume";
  // Without an answer there are none: the gateway is gone, or the way to it.
  const { errors = [] } = (error as { readonly source?: GraphQLErrors }).source ?? {};
  const codes = errors.map(({ extensions }) => String(extensions?.["code"]));
  if (codes.some((code) => lostPlaces.has(code))) return "read";
  return codes.every((code) => passing.has(code)) ? "resume" : "none";
}

/** What Relay keeps in its own error of an answer that had some. */
type GraphQLErrors = {
  readonly errors?: readonly { readonly extensions?: Readonly<Record<string, unknown>> }[];
};

/** What to show of an error. */
export function messageOf(error: unknown): string {
  return error instanceof CloseEvent ? error.reason : String(error);
}
