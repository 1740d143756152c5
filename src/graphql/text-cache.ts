/** What is known of texts that were asked for last. */
export type TextCache<Value> = {
  readonly get: (text: string) => Value | undefined;
  readonly set: (text: string, value: Value) => void;
};

/** What is known of a longer text takes longer to keep than to find out: nearly all documents are shorter. */
const longest = 16 * 1024;

/**
 * In all of them together. What a document was parsed into takes up to 240 bytes for each character: that would be 120 MB.
 */
const mostCharacters = 512 * 1024;

/** Forgets what was not asked for longest, so that what it holds is bounded, whatever the texts are. */
export function createTextCache<Value>(): TextCache<Value> {
  // A Map iterates in the order of insertion, so its first key is the longest unused.
  const known = new Map<string, Value>();
  let characters = 0;

  function forget(text: string): void {
    if (known.delete(text)) characters -= text.length;
  }

  return {
    get(text) {
      const value = known.get(text);
      if (value === undefined) return undefined;
      known.delete(text);
      known.set(text, value);
      return value;
    },
    set(text, value) {
      forget(text);
      if (text.length > longest) return;
      known.set(text, value);
      characters += text.length;
      while (characters > mostCharacters) forget(known.keys().next().value!);
    },
  };
}
