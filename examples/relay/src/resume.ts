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
  // A client that may not read has its WebSocket closed with 4403.
  if (error instanceof CloseEvent) return error.code === 4403 ? "none" : "resume";
  // Without an answer there are no errors: the gateway or the network is down.
  const { errors = [] } = (error as { readonly source?: GraphQLErrors }).source ?? {};
  const codes = errors.map(({ extensions }) => String(extensions?.["code"]));
  if (codes.some((code) => lostPlaces.has(code))) return "read";
  return codes.every((code) => passing.has(code)) ? "resume" : "none";
}

/** The errors of an answer, as Relay keeps them in its own error. */
type GraphQLErrors = {
  readonly errors?: readonly { readonly extensions?: Readonly<Record<string, unknown>> }[];
};

/** What to show of an error. */
export function messageOf(error: unknown): string {
  return error instanceof CloseEvent ? error.reason : String(error);
}
