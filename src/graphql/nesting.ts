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
