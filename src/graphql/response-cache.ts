/** Answers kept in memory while nothing is written. */
export type ResponseCache = {
  /** The answer that was set under the key at this version; undefined for none. */
  readonly get: (key: string, version: number) => string | undefined;
  readonly set: (key: string, version: number, answer: string) => void;
};

/** An answer that takes more than this is not kept. */
const maxAnswerBytes = 256 * 1024;

/**
 * @param maxBytes what all keys and answers may take; past it, those that were set first are forgotten first. Those of
 * an earlier version are forgotten as soon as another is asked for.
 */
export function createResponseCache(maxBytes: number): ResponseCache {
  // A Map iterates in the order of insertion.
  const answers = new Map<string, string>();
  let of = NaN;
  let bytes = 0;

  function turnTo(version: number): void {
    if (version === of) return;
    answers.clear();
    bytes = 0;
    of = version;
  }
  const sizeOf = (key: string, answer: string) => 2 * (key.length + answer.length);

  return {
    get(key, version) {
      turnTo(version);
      return answers.get(key);
    },
    set(key, version, answer) {
      turnTo(version);
      if (sizeOf(key, answer) > maxAnswerBytes || answers.has(key)) return;
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
