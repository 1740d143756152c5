/**
 * JSON as Sentry prints it: simplejson in Python, without whitespace and in ASCII. Parsing and printing it again gives
 * other bytes, which is how receivers come to refuse valid signatures.
 */

const beyondAscii = /[\u007f-\uffff]/g;

/** The text as a JSON string of ASCII; a character beyond 16 bits becomes a pair of escapes. */
export function quoted(text: string): string {
  const json = JSON.stringify(text);
  return json.replace(beyondAscii, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** As `quoted`, with `null` for null. */
export function quotedOrNull(text: string | null): string {
  return text === null ? "null" : quoted(text);
}

/** A Python float between -1e15 and 1e15: `1.0`, `0.8333`, `4.2e-05`. */
export function float(value: number): string {
  if (Number.isInteger(value)) return `${value}.0`;
  if (Math.abs(value) >= 1e-4) return `${value}`;
  return value.toExponential().replace(/e-(\d)$/, "e-0$1");
}

/** `datetime.isoformat()`, as `created` has it: no fraction at all when the microseconds are zero. */
export function isoformat(microseconds: number): string {
  const fraction = microseconds % 1_000_000;
  const seconds = secondsOf(microseconds);
  return fraction === 0 ? `${seconds}+00:00` : `${seconds}.${fraction.toString().padStart(6, "0")}+00:00`;
}

/** `%Y-%m-%dT%H:%M:%S.%fZ`, as every other webhook has it. */
export function zulu(microseconds: number): string {
  return `${secondsOf(microseconds)}.${(microseconds % 1_000_000).toString().padStart(6, "0")}Z`;
}

function secondsOf(microseconds: number): string {
  return new Date(Math.floor(microseconds / 1000)).toISOString().slice(0, 19);
}
