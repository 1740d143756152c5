import { LRUCache } from "lru-cache";

/** Longer texts are not cached: keeping them takes longer than parsing them. Nearly all documents are shorter. */
const longest = 16 * 1024;

/** Most characters in one cache. A parsed document takes up to 240 bytes per character: 120 MB in all. */
const mostCharacters = 512 * 1024;

/** An LRU cache of what is known about texts, bounded by their characters. */
export function createTextCache<Value extends object>(): LRUCache<string, Value> {
  return new LRUCache({
    maxSize: mostCharacters,
    maxEntrySize: longest,
    // LRUCache refuses a size of 0, which the empty text would have.
    sizeCalculation: (_, text) => Math.max(1, text.length),
  });
}
