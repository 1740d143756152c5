import { setImmediate as nextTurn } from "node:timers/promises";
import { createRoundRobin } from "../../domain/round-robin.ts";

/**
 * Shares the event loop among GraphQL operations. A hundred of 50 ms, one straight after the other, would hold up
 * webhooks for five seconds, and Sentry waits for one.
 */
export type Turnstile = {
  /**
   * True once one more may begin: at once if this turn of the event loop has time left, else in a later turn. Clients
   * are served round-robin, each in the order of its own requests.
   *
   * False if it must not begin: it has waited for `waitMs`; or more than `mostWaiting` wait, and it is the newest of the
   * client that has most of them; or there is no room for its bytes among those that wait.
   *
   * @param client as `clientKey` gives it; all requests without one count as one client's.
   * @param bytes it holds while it waits, if they are not counted elsewhere.
   */
  readonly enter: (client?: string, bytes?: number) => Promise<boolean> | boolean;
};

export type TurnstileOptions = {
  /** Time for operations in each turn: once it is used up, no other begins in that turn. */
  readonly shareMs?: number;
  /** The most operations that may wait. */
  readonly mostWaiting?: number;
  /** The most bytes that waiting operations may hold. */
  readonly mostWaitingBytes?: number;
  /** How long an operation may wait. */
  readonly waitMs?: number;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
};

type Waiting = {
  readonly since: number;
  readonly bytes: number;
  readonly resolve: (mayBegin: boolean) => void;
};

/** The most waiting operations that begin in one turn: so many use up its time, however quick they are. */
const mostInOneTurn = 64;

export function createTurnstile({
  shareMs = 2,
  mostWaiting = 20_000,
  mostWaitingBytes = Infinity,
  waitMs = Infinity,
  now = performance.now.bind(performance),
}: TurnstileOptions = {}): Turnstile {
  const waiting = createRoundRobin<Waiting>();
  let waitingBytes = 0;
  /** When the first of this turn began; null while none has. */
  let begunAt: number | null = null;

  /** False if this turn's time is used up. */
  function mayBegin(): boolean {
    if (begunAt !== null) return now() - begunAt < shareMs;
    begunAt = now();
    setImmediate(turn);
    return true;
  }

  function turn(): void {
    begunAt = null;
    // All of these run in one turn, and Node runs the microtasks of each before the next.
    for (let chances = Math.min(waiting.size, mostInOneTurn); chances > 0; chances -= 1) setImmediate(letIn);
  }

  function letIn(): void {
    if (!mayBegin()) return;
    const latest = now() - waitMs;
    for (let next = waiting.next(); next !== undefined; next = waiting.next()) {
      letGo(next, next.since >= latest);
      if (next.since >= latest) return;
    }
  }

  function letGo({ bytes, resolve }: Waiting, mayBegin: boolean): void {
    waitingBytes -= bytes;
    resolve(mayBegin);
  }

  function wait(client: string, bytes: number): Promise<boolean> | boolean {
    if (bytes > 0 && waitingBytes + bytes > mostWaitingBytes) return false;
    return new Promise((resolve) => {
      waiting.add(client, { since: now(), bytes, resolve });
      waitingBytes += bytes;
      if (waiting.size > mostWaiting) letGo(waiting.lastOfMost()!, false);
    });
  }

  return {
    enter: (client = "", bytes = 0) => (waiting.size === 0 && mayBegin()) || wait(client, bytes),
  };
}

/** As `enter`, in a later turn at the earliest: else many could begin before any of them has used time. */
export async function enterLater({ enter }: Turnstile): Promise<boolean> {
  await nextTurn();
  return enter();
}
