/**
 * What an error says, in one line. An AggregateError of failed connections has an empty message, so those of its attempts
 * are joined. A TLS error's message is OpenSSL's whole queue, so only its reason is given.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === "") return error.errors.map(errorText).join("; ");
  if ("library" in error && "reason" in error && typeof error.reason === "string") return error.reason;
  return error.message;
}
