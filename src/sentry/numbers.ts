/** Larger counts saturate here: the largest integer that a JSON number carries exactly. */
const largestCount = Number.MAX_SAFE_INTEGER;
const largestInt32 = 2 ** 31 - 1;

/** A count, sent as a number or as digits in a string, saturated; null for anything that is not a whole number ≥ 0. */
export function countOf(value: unknown): number | null {
  const number = typeof value === "string" && /^[0-9]+$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !(number >= 0)) return null;
  if (number >= largestCount) return largestCount;
  return Number.isInteger(number) ? number : null;
}

/** As `countOf`, saturated at what GraphQL's Int holds. */
export function int32Of(value: unknown): number | null {
  const count = countOf(value);
  return count === null ? null : Math.min(count, largestInt32);
}

/** A whole number that GraphQL's Int holds; null for anything else. */
export function wholeOf(value: unknown): number | null {
  return typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= largestInt32
    ? value
    : null;
}

/** A finite number; null for anything else. `JSON.parse` reads 1e400 as infinity. */
export function floatOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
