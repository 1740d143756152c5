/**
 * What an error says, in one line. Where each address of a name was tried in vain, that is what each attempt says, for the
 * error itself says nothing; of TLS it is the reason alone, for its message is OpenSSL's whole queue.
 */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === "") return error.errors.map(errorText).join("; ");
  if ("library" in error && "reason" in error && typeof error.reason === "string") return error.reason;
  return error.message;
}
