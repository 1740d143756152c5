const quote = 0x22;
const backslash = 0x5c;

/**
 * True if lists and objects nest deeper than `limit` in these bytes of JSON.
 *
 * `JSON.parse` accepts any depth, though slowly; `JSON.stringify` and everything else that recurses over the result
 * does not. In bytes that are not JSON, counts the brackets open at once, outside of what looks like text.
 */
export function isDeeperThan(limit: number, json: Uint8Array): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]!;
    if (inText) {
      if (byte === backslash) at++;
      else if (byte === quote) inText = false;
    } else if (byte === quote) {
      inText = true;
    } else {
      // "[" and "{", then "]" and "}", differ in one bit.
      const bracket = byte | 0x20;
      if (bracket === 0x7b && ++depth > limit) return true;
      if (bracket === 0x7d) depth--;
    }
  }
  return false;
}
