/** Most bytes of values in one statement, which all are in memory at once, and some of them as text of twice the size. */
const maxPartBytes = 16 * 1_048_576;

/** All of these in their order, in parts that are not too large; one that is too large alone is a part of its own. */
export function partsOf<One>(
  all: readonly One[],
  bytesOf: (one: One) => number,
  maxBytes = maxPartBytes,
): readonly (readonly One[])[] {
  const parts: One[][] = [[]];
  let held = 0;
  for (const one of all) {
    const part = parts.at(-1)!;
    const bytes = bytesOf(one);
    held += bytes;
    if (part.length > 0 && held > maxBytes) {
      parts.push([one]);
      held = bytes;
    } else part.push(one);
  }
  return parts;
}
