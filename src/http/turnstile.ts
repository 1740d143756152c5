/**
 * Shares the event loop among those who ask something of GraphQL. A hundred operations of 50 ms, one straight after the
 * other, would hold up webhooks for five seconds, and Sentry waits for one.
 */
export type Turnstile = {
  /**
   * True when one more may begin: at once while those of this turn of the event loop have not had its share, else in a turn
   * of its own, after those who came before. False when too many wait for that: it may not begin.
   */
  readonly enter: () => Promise<boolean> | boolean;
};

export type TurnstileOptions = {
  /** What those who begin at once have of one turn. */
  readonly shareMs?: number;
  /** Past so many that wait, none may begin. */
  readonly mostWaiting?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
};

/** One for all ways in, since all that comes by them shares the event loop. */
export function createTurnstile({
  shareMs = 2,
  mostWaiting = 20_000,
  now = performance.now.bind(performance),
}: TurnstileOptions = {}): Turnstile {
  const waiting: ((mayBegin: true) => void)[] = [];
  /** When the first of this turn began; null while none has. */
  let begunAt: number | null = null;

  function begin(): void {
    begunAt = now();
    setImmediate(() => {
      begunAt = null;
      const next = waiting.shift();
      if (next === undefined) return;
      begin();
      next(true);
    });
  }

  return {
    enter() {
      if (waiting.length === 0) {
        if (begunAt === null) {
          begin();
          return true;
        }
        if (now() - begunAt < shareMs) return true;
      }
      return waiting.length < mostWaiting && new Promise((resolve) => waiting.push(resolve));
    },
  };
}

/** What is said to whoever may not begin. */
export const tooManyWait = "Too many requests wait to be answered: try again.";
