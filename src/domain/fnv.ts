/** The 32-bit FNV-1a hash of the text's UTF-16 code units, from the one at `start` on. */
export function fnv1a(text: string, start = 0): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}
