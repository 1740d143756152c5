import { LRUCache } from "lru-cache";

/** What is known of a longer text takes longer to keep than to find out: nearly all documents are shorter. */
const longest = 16 * 1024;

/**
 * In all of them together. What a document was parsed into takes up to 240 bytes for each character: that would be 120 MB.
 */
const mostCharacters = 512 * 1024;

/** What is known of texts that were asked for last: bounded, whatever the texts are. */
export function createTextCache<Value extends object>(): LRUCache<string, Value> {
  return new LRUCache({
    maxSize: mostCharacters,
    maxEntrySize: longest,
    // The cache takes no size of 0, which the empty text has.
    sizeCalculation: (_, text) => Math.max(1, text.length),
  });
}
