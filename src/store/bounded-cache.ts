import { LRUCache } from "lru-cache";

/**
 * An LRU cache of what `make` gives for a text. Its bound counts the characters of the texts, since what is made of a
 * text takes memory by its length. A text longer than a quarter of the bound is not kept.
 */
export function createBoundedCache<Value extends object>(
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
