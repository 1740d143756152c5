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

/** An id of Sentry's for an issue or a project; null for what cannot be one. */
export function idOf(value: unknown): string | null {
  return typeof value === "string" && /^[!-~]{1,64}$/.test(value) ? value : numericIdOf(value);
}

/** Node ids and indexes hold ids of people, which may be e-mail addresses and names: no longer than the former can be. */
const maxPersonIdBytes = 254;

/** An id of a user, a team or an application; null for what cannot be one. */
export function personIdOf(value: unknown): string | null {
  const text = wordOf(value);
  if (text === null) return numericIdOf(value);
  return Buffer.byteLength(text) <= maxPersonIdBytes ? text : null;
}

function numericIdOf(value: unknown): string | null {
  // Beyond 2^53 JSON.parse has already rounded it to another id.
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? String(value) : null;
}
