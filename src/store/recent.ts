import { LRUCache } from "lru-cache";

/**
 * What is made of each text once, for as long as it is among those that were asked for last: so many characters of them, as
 * what is made of a text takes memory by its length. What is made of one that would have a quarter of that is not kept.
 */
export function createRecent<Value extends object>(
  mostCharacters: number,
): (text: string, make: () => Value) => Value {
  const known = new LRUCache<string, Value, () => Value>({
    maxSize: mostCharacters,
    maxEntrySize: mostCharacters / 4,
    sizeCalculation: (_, text) => Math.max(1, text.length),
    memoMethod: (_text, _before, { context: make }) => make(),
  });
  return (text, make) => known.memo(text, { context: make });
}
