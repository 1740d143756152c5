/** The text without NUL and lone surrogates, which not every database and encoding can hold: they become U+FFFD. */
export function clean(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}

/** The text, cleaned; null for anything else than a string. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" ? clean(value) : null;
}

/** The text, cleaned; null for anything else and for the empty text. */
export function wordOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? clean(value) : null;
}

/** An id of Sentry's for an issue, a project or a commit; null for what cannot be one. */
export function idOf(value: unknown): string | null {
  return typeof value === "string" && /^[!-~]{1,64}$/.test(value) ? value : numericIdOf(value);
}

/** An e-mail address is no longer, nor what Sentry calls anything else by, but for the names of people. */
const maxBytes = 254;

/**
 * The same text; null for one that is too long to be anything. Issues are found and counted by these: an index of
 * PostgreSQL's holds up to eight of them in an entry, which has room for 2,700 bytes.
 */
export function notTooLong(text: string | null, max = maxBytes): string | null {
  return text === null || Buffer.byteLength(text) <= max ? text : null;
}

/** An id of a user, a team or an application, which may be an e-mail address or a name; null for what cannot be one. */
export function personIdOf(value: unknown): string | null {
  return notTooLong(wordOf(value)) ?? numericIdOf(value);
}

function numericIdOf(value: unknown): string | null {
  // Beyond 2^53 JSON.parse has already rounded it to another id.
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? String(value) : null;
}
