/**
 * True if lists and objects nest deeper than `limit` in this value, a result of `JSON.parse`.
 *
 * `JSON.parse` accepts any depth, but recursing over its result can overflow the stack.
 */
export function nestsDeeperThan(limit: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  // Recurses no deeper than the limit itself.
  return limit === 0 || Object.values(value).some((inner) => nestsDeeperThan(limit - 1, inner));
}

/** How deep a request's JSON may nest. Filters nest 8 deep, which takes about 20. */
export const mostNesting = 64;

/** The number of objects in a value, itself included. `value` is a result of `JSON.parse` of bounded depth. */
export function objectsIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const own = Array.isArray(value) ? 0 : 1;
  return Object.values(value).reduce((sum: number, inner) => sum + objectsIn(inner), own);
}

/**
 * How many objects a request's variables may hold. An empty filter is three characters long, but each field of its type
 * is looked up in it. A filter of 2,000 comparisons takes about 4,000.
 */
export const mostObjects = 5_000;
