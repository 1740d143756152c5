/** Answers kept in memory while nothing is written. */
export type ResponseCache = {
  /** The answer that is kept under the key, of this version; undefined for none. */
  readonly get: (key: string, version: number) => string | undefined;
  /** Offers an answer. It is kept where its key was offered before, lately, at whatever version. */
  readonly set: (key: string, version: number, answer: string) => void;
};

/** An answer that takes more than this is not kept. */
const maxAnswerBytes = 256 * 1024;

/** How many keys are known to have been offered: one that was, before about as many others, counts as new. */
const seenKeys = 4096;

/** Of a long key, its end: a request's variables most often come last. */
const hashedCharacters = 256;

/**
 * Most questions are never asked again, and to keep their answers costs the garbage collector as much as a quick one takes.
 * So only a hash of a question is remembered at first, and its answer from the second time on that it is made.
 *
 * @param maxBytes what keys and answers may take; past it, those that were kept first are forgotten first. Those of an
 * earlier version are forgotten as soon as another is asked for.
 */
export function createResponseCache(maxBytes: number): ResponseCache {
  // A Map iterates in the order of insertion.
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

  /** Remembers the key. Two keys that share a hash are taken for one, which does no harm. */
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

/** 32 bits (FNV-1a). */
function hashOf(key: string): number {
  let hash = 0x811c9dc5 ^ key.length;
  for (let at = Math.max(0, key.length - hashedCharacters); at < key.length; at += 1)
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return hash;
}
