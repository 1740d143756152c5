import { storable } from "../domain/text.ts";

/** The text as it can be stored; null for anything else than a string. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" ? storable(value) : null;
}

/** The text as it can be stored; null for anything else and for the empty text. */
export function wordOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? storable(value) : null;
}

/** An id of Sentry's for an issue, a project or a commit; null for what cannot be one. */
export function idOf(value: unknown): string | null {
  return typeof value === "string" && /^[!-~]{1,64}$/.test(value) ? value : numericIdOf(value);
}

/** No e-mail address is longer, and no name that Sentry gives to anything but a person. */
const maxBytes = 254;

/**
 * The same text; null if it has more than `max` bytes of UTF-8. Such texts are indexed: a PostgreSQL index entry holds
 * up to eight of them, and has room for 2,700 bytes.
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
