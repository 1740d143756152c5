/** Most bytes of values in one statement. All of them are in memory at once, some also as text of twice the size. */
const maxPartBytes = 16 * 1_048_576;

/**
 * Splits a list, in its order, into parts of at most `maxBytes`. One that is larger by itself is a part of its own. An
 * empty list gives one empty part.
 */
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
