/**
 * True when lists and objects nest deeper than `limit` in this value, as `JSON.parse` gave it.
 *
 * `JSON.parse` takes any depth; everything that recurses over its result ends with the stack.
 */
export function nestsDeeperThan(limit: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  // Goes no deeper than the limit itself.
  return limit === 0 || Object.values(value).some((inner) => nestsDeeperThan(limit - 1, inner));
}

/** As deep as a request's JSON may nest; filters nest 8 deep, which takes 20 or so. */
export const mostNesting = 64;

/** How many objects there are in a value, itself included. `value` is as of `JSON.parse`, and nests no deeper than it may. */
export function objectsIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const own = Array.isArray(value) ? 0 : 1;
  return Object.values(value).reduce((sum: number, inner) => sum + objectsIn(inner), own);
}

/**
 * As many objects as a request's variables may hold: an empty filter takes three characters, and is looked through for
 * each of its fields. A filter of 2,000 comparisons takes 4,000 or so.
 */
export const mostObjects = 5_000;
