/**
 * True when lists and objects nest deeper than `limit` in this value, as `JSON.parse` gave it.
 *
 * `JSON.parse` takes any depth; everything that recurses over its result ends with the stack.
 */
export function nestsDeeperThan(limit: number, value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const below = level.filter((one) => typeof one === "object" && one !== null);
    if (below.length > 0 && depth >= limit) return true;
    level = below.flatMap((one) => Object.values(one as object));
  }
  return false;
}

/** As deep as a request's JSON may nest; filters nest 8 deep, which takes 20 or so. */
export const mostNesting = 64;
