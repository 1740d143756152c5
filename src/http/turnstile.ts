import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Shares the event loop among those who ask something of GraphQL. A hundred operations of 50 ms, one straight after the
 * other, would hold up webhooks for five seconds, and Sentry waits for one.
 */
export type Turnstile = {
  /**
   * True when one more may begin: at once while those of this turn of the event loop have not had its share, else in a
   * later turn, after those who came before. False when too many wait for that: it may not begin.
   */
  readonly enter: () => Promise<boolean> | boolean;
};

export type TurnstileOptions = {
  /** What those who begin in one turn have of it: once they have had so much, no other begins in it. */
  readonly shareMs?: number;
  /** Past so many that wait, none may begin. */
  readonly mostWaiting?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
};

/** Most of those who wait that begin in one turn: more have its share used up, as quick as they may be. */
const mostInOneTurn = 64;

export function createTurnstile({
  shareMs = 2,
  mostWaiting = 20_000,
  now = performance.now.bind(performance),
}: TurnstileOptions = {}): Turnstile {
  const waiting: ((mayBegin: true) => void)[] = [];
  /** When the first of this turn began; null while none has. */
  let begunAt: number | null = null;

  /** False where those of this turn have had its share. */
  function mayBegin(): boolean {
    if (begunAt !== null) return now() - begunAt < shareMs;
    begunAt = now();
    setImmediate(turn);
    return true;
  }

  function turn(): void {
    begunAt = null;
    // They come in one turn, and Node does whatever one of them leads to at once before the next.
    for (let chances = Math.min(waiting.length, mostInOneTurn); chances > 0; chances -= 1)
      setImmediate(letIn);
  }

  function letIn(): void {
    if (mayBegin()) waiting.shift()?.(true);
  }

  return {
    enter() {
      if (waiting.length === 0 && mayBegin()) return true;
      return waiting.length < mostWaiting && new Promise((resolve) => waiting.push(resolve));
    },
  };
}

/**
 * As `enter`, in a later turn at the earliest, one after the other: of many who ask before any of them has done anything,
 * all would begin at once.
 */
export async function enterLater({ enter }: Turnstile): Promise<boolean> {
  await nextTurn();
  return enter();
}

/** What is said to whoever may not begin. */
export const tooManyWait = "Too many requests wait to be answered: try again.";
