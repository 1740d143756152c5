import { createCell, type Cell } from "./cell.ts";
import { present } from "./clock.ts";
import { until } from "./until.ts";

/** The state of the page's connection to the gateway. */
export type ConnectionState =
  /** Nothing is followed. */
  | { readonly is: "idle" }
  | { readonly is: "connecting" }
  | { readonly is: "live" }
  /** It broke. The next attempt is at `retryAt`, in milliseconds of `present`. */
  | { readonly is: "broken"; readonly retryAt: number; readonly why: string }
  /** The reader has paused the page, or it is out of sight. Resumes where it was. */
  | { readonly is: "paused" };

/** How the views reach the gateway, and whether they should at present. */
export type Connection = {
  readonly state: Cell<ConnectionState>;
  /** Whether the reader has paused the page. */
  readonly isPaused: Cell<boolean>;
  /** Whether the gateway asks for a token. */
  readonly isSignInWanted: Cell<boolean>;
  /**
   * Sets the state to `connecting`, with two exceptions. `broken` stays until there is an answer, since this attempt
   * may fail too; `live` stays because nothing says otherwise.
   */
  readonly connecting: () => void;
  /** Asks for a token. Nothing is followed until there is one. */
  readonly wantSignIn: () => void;
  /** Whether nothing should be followed now, because the page is paused or has been out of sight for long. */
  readonly isResting: () => boolean;
  /** Waits in the state `paused` until `isResting` is false. Rejects with the signal's reason. */
  readonly awake: (signal: AbortSignal) => Promise<void>;
  /** A signal that aborts with `signal`, or when the page begins to rest. Has to be disposed. */
  readonly whileAwake: (signal: AbortSignal) => Disposable & { readonly signal: AbortSignal };
  /**
   * Waits before the next attempt, in the state `broken`: exponential back-off with jitter. The wait ends early when
   * the browser comes online or the page comes into sight. `attempt` counts the failures in a row before it, from 0.
   */
  readonly retry: (attempt: number, why: string, signal: AbortSignal) => Promise<void>;
  /** Ends all waits of `retry` at once. */
  readonly retryNow: () => void;
};

/** A hidden tab closes its stream after this time: a browser has six connections for all tabs of a gateway. */
const restAfterMs = 20_000;
const longestWaitMs = 10_000;

export function createConnection(): Connection {
  const state = createCell<ConnectionState>({ is: "idle" });
  const isPaused = createCell(false);
  // A page opened in a background tab is out of sight from the start.
  const isOutOfSight = createCell(document.hidden);
  const isSignInWanted = createCell(false);
  const retries = new Set<() => void>();
  const retryNow = () => {
    for (const retry of retries) retry();
  };

  let hiding: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) {
      hiding = setTimeout(() => isOutOfSight.set(true), restAfterMs);
    } else {
      isOutOfSight.set(false);
      retryNow();
    }
  });
  window.addEventListener("online", retryNow);

  const isResting = () => isPaused.get() || isOutOfSight.get();
  const watchRest = (changed: () => void) => {
    const ends = [isPaused.watch(changed), isOutOfSight.watch(changed)];
    return () => ends.forEach((end) => end());
  };

  return {
    state,
    isPaused,
    isSignInWanted,
    isResting,
    retryNow,

    connecting() {
      if (!["broken", "live"].includes(state.get().is)) state.set({ is: "connecting" });
    },

    wantSignIn() {
      state.set({ is: "idle" });
      isSignInWanted.set(true);
    },

    async awake(signal) {
      if (!isResting()) return;
      state.set({ is: "paused" });
      await until(signal, (done) => watchRest(() => !isResting() && done()));
    },

    whileAwake(signal) {
      const rest = new AbortController();
      const end = watchRest(
        () => isResting() && rest.abort(new DOMException("The page rests.", "AbortError")),
      );
      return { signal: AbortSignal.any([signal, rest.signal]), [Symbol.dispose]: end };
    },

    async retry(attempt, why, signal) {
      // Jitter, so that pages which lost the same gateway do not retry in step.
      const waitMs = Math.min(longestWaitMs, 500 * 2 ** attempt) * (0.75 + Math.random() / 2);
      state.set({ is: "broken", retryAt: present() + waitMs, why });
      await until(signal, (done) => {
        const timer = setTimeout(done, waitMs);
        retries.add(done);
        return () => {
          clearTimeout(timer);
          retries.delete(done);
        };
      });
    },
  };
}
