import { setImmediate as nextTurn } from "node:timers/promises";
import { createRound } from "../domain/round.ts";

/**
 * Shares the event loop among those who ask something of GraphQL. A hundred operations of 50 ms, one straight after the
 * other, would hold up webhooks for five seconds, and Sentry waits for one.
 */
export type Turnstile = {
  /**
   * True once one more may begin: at once if this turn of the event loop has time left, else in a later turn. Clients are
   * served round-robin, each in the order of its own requests.
   *
   * False if it must not begin: it has waited for `waitMs`, or more than `mostWaiting` wait and it is the newest of the
   * client that has most of them.
   *
   * @param client whoever asks, as `clientKey` gives it; those without one count as one client.
   */
  readonly enter: (client?: string) => Promise<boolean> | boolean;
};

export type TurnstileOptions = {
  /** What those who begin in one turn have of it: once they have had so much, no other begins in it. */
  readonly shareMs?: number;
  /** Most that wait. */
  readonly mostWaiting?: number;
  /** How long one may wait. */
  readonly waitMs?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
};

type Waiting = { readonly since: number; readonly resolve: (mayBegin: boolean) => void };

/** Most of those who wait that begin in one turn: more have its share used up, as quick as they may be. */
const mostInOneTurn = 64;

export function createTurnstile({
  shareMs = 2,
  mostWaiting = 20_000,
  waitMs = Infinity,
  now = performance.now.bind(performance),
}: TurnstileOptions = {}): Turnstile {
  const waiting = createRound<Waiting>();
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
    for (let chances = Math.min(waiting.size, mostInOneTurn); chances > 0; chances -= 1) setImmediate(letIn);
  }

  function letIn(): void {
    if (!mayBegin()) return;
    const latest = now() - waitMs;
    for (let next = waiting.next(); next !== undefined; next = waiting.next()) {
      next.resolve(next.since >= latest);
      if (next.since >= latest) return;
    }
  }

  function wait(client: string): Promise<boolean> {
    return new Promise((resolve) => {
      waiting.add(client, { since: now(), resolve });
      if (waiting.size > mostWaiting) waiting.lastOfMost()!.resolve(false);
    });
  }

  return {
    enter: (client = "") => (waiting.size === 0 && mayBegin()) || wait(client),
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
