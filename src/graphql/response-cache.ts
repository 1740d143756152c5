/** Answers kept in memory while nothing is written. */
export type ResponseCache = {
  /** The answer that was set under the key at this version; undefined for none. */
  readonly get: (key: string, version: number) => string | undefined;
  readonly set: (key: string, version: number, answer: string) => void;
};

/** An answer that takes more than this is not kept. */
const maxAnswerBytes = 256 * 1024;

/** What answers that were not asked for again may take. */
const newestBytes = 2 * maxAnswerBytes;

/**
 * Most answers are never asked for again. So an answer shares a small room with all that are new until it is, and then
 * stays with those that were: what is soon forgotten costs the garbage collector little, and pushes out nothing.
 *
 * @param maxBytes what keys and answers that were asked for again may take; past it, those that were first are forgotten
 * first. Those of an earlier version are forgotten as soon as another is asked for.
 */
export function createResponseCache(maxBytes: number): ResponseCache {
  const newest = boundedAnswers(Math.min(maxBytes, newestBytes));
  const askedAgain = boundedAnswers(maxBytes);
  let of = NaN;

  function turnTo(version: number): void {
    if (version === of) return;
    newest.clear();
    askedAgain.clear();
    of = version;
  }

  return {
    get(key, version) {
      turnTo(version);
      const known = askedAgain.get(key);
      if (known !== undefined) return known;
      const answer = newest.get(key);
      if (answer !== undefined) askedAgain.set(key, answer);
      return answer;
    },
    set(key, version, answer) {
      turnTo(version);
      newest.set(key, answer);
    },
  };
}

/** Those that were set first are forgotten first. */
function boundedAnswers(maxBytes: number) {
  // A Map iterates in the order of insertion.
  const answers = new Map<string, string>();
  let bytes = 0;
  const sizeOf = (key: string, answer: string) => 2 * (key.length + answer.length);
  return {
    get: (key: string) => answers.get(key),
    set(key: string, answer: string): void {
      if (sizeOf(key, answer) > maxAnswerBytes || answers.has(key)) return;
      answers.set(key, answer);
      bytes += sizeOf(key, answer);
      for (const [oldest, held] of answers) {
        if (bytes <= maxBytes) return;
        answers.delete(oldest);
        bytes -= sizeOf(oldest, held);
      }
    },
    clear(): void {
      answers.clear();
      bytes = 0;
    },
  };
}
