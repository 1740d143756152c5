import { fnv1a } from "../../domain/fnv.ts";

/** Answers that are kept in memory until something is written. */
export type ResponseCache = {
  /** The answer for this key and version; undefined if none is kept. */
  readonly get: (key: string, version: number) => string | undefined;
  /** Offers an answer. It is kept only if its key was offered before, recently, with any version. */
  readonly set: (key: string, version: number, answer: string) => void;
};

/** An answer that takes more than this, its key included, is not kept. */
const maxAnswerBytes = 256 * 1024;

/** Slots for the hashes of keys that were offered. A hash is lost once another key falls into its slot. */
const seenKeys = 4096;

/** How many characters of a key are hashed: the last ones, since a request's variables most often come last. */
const hashedCharacters = 256;

/**
 * A cache that keeps an answer only from the second time on that it is offered; at first it remembers a hash of the
 * key. Most questions are asked only once, and to keep their answers takes as much garbage collection as a quick query
 * takes time.
 *
 * @param maxBytes bounds keys and answers together; beyond it, the oldest are dropped first. A call with another
 * version drops all.
 */
export function createResponseCache(maxBytes: number): ResponseCache {
  // A Map iterates in insertion order.
  const answers = new Map<string, string>();
  const seen = new Int32Array(seenKeys);
  let bytes = 0;
  let of = NaN;

  function turnTo(version: number): void {
    if (version === of) return;
    answers.clear();
    bytes = 0;
    of = version;
  }

  /** Remembers the key. Two keys with the same hash count as one, which does no harm. */
  function isNew(key: string): boolean {
    const hash = hashOf(key);
    const place = hash & (seenKeys - 1);
    if (seen[place] === hash) return false;
    seen[place] = hash;
    return true;
  }

  return {
    get(key, version) {
      turnTo(version);
      return answers.get(key);
    },
    set(key, version, answer) {
      turnTo(version);
      if (isNew(key) || sizeOf(key, answer) > maxAnswerBytes || answers.has(key)) return;
      answers.set(key, answer);
      bytes += sizeOf(key, answer);
      for (const [oldest, held] of answers) {
        if (bytes <= maxBytes) return;
        answers.delete(oldest);
        bytes -= sizeOf(oldest, held);
      }
    },
  };
}

function sizeOf(key: string, answer: string): number {
  return 2 * (key.length + answer.length);
}

/** Of the key's end and its length. */
function hashOf(key: string): number {
  return fnv1a(key, Math.max(0, key.length - hashedCharacters)) ^ key.length;
}
