import { createCell, type Cell } from "./cell.ts";
import { present } from "./clock.ts";
import { until } from "./until.ts";

/** What the page knows of its way to the gateway. */
export type ConnectionState =
  /** Nothing is followed. */
  | { readonly is: "idle" }
  | { readonly is: "connecting" }
  | { readonly is: "live" }
  /** It broke, and is tried again at `retryAt` (milliseconds of `present`). */
  | { readonly is: "broken"; readonly retryAt: number; readonly why: string }
  /** The reader wants nothing to move, or does not look. Goes on where it was. */
  | { readonly is: "paused" };

/** How the views reach the gateway, and whether they should. */
export type Connection = {
  readonly state: Cell<ConnectionState>;
  /** Whether the reader wants the page to stand still. */
  readonly isPaused: Cell<boolean>;
  /** Whether the gateway asks for a token. */
  readonly isSignInWanted: Cell<boolean>;
  /**
   * Says that the gateway is asked. What is broken stays so until it is answered, for this may be one more attempt in vain;
   * and what is live stays so, for nothing says otherwise.
   */
  readonly connecting: () => void;
  /** Asks for a token. Nothing is followed until there is one. */
  readonly wantSignIn: () => void;
  /** Whether nothing should be followed now: paused, or long out of sight. */
  readonly isResting: () => boolean;
  /** Resolves once there is something to follow again. */
  readonly awake: (signal: AbortSignal) => Promise<void>;
  /** A signal that aborts with `signal`, and when the page begins to rest. Dispose it. */
  readonly whileAwake: (signal: AbortSignal) => Disposable & { readonly signal: AbortSignal };
  /** Waits before the next attempt, longer each time in a row; less when there is reason to hope. */
  readonly retry: (attempt: number, why: string, signal: AbortSignal) => Promise<void>;
  /** Ends a wait at once. */
  readonly retryNow: () => void;
};

/** A tab that nobody looks at lets go of its stream after so long: a browser has six for all tabs of a gateway. */
const restAfterMs = 20_000;
const longestWaitMs = 10_000;

export function createConnection(): Connection {
  const state = createCell<ConnectionState>({ is: "idle" });
  const isPaused = createCell(false);
  // One that is opened beside what is read, in a tab behind it, is out of sight from the start.
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
      // Not in step with every other page that lost the same gateway.
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
