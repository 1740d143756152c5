import type { Store } from "../store/store.ts";
import type { Tail } from "../stream/tail.ts";

export type ReadinessOptions = {
  readonly store: Store;
  readonly tail: Pick<Tail, "lagMs">;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** FEED_SILENCE_AFTER in milliseconds. */
  readonly silenceAfterMs: number | undefined;
};

/** A tail that has not seen the end of the log for longer than this is behind. */
const maxLagMs = 5_000;

export type Readiness = ReturnType<typeof createReadiness>;

/** What the health checks ask: whether the gateway is ready, and for how long Sentry has been silent. */
export function createReadiness({ store, tail, now, silenceAfterMs }: ReadinessOptions) {
  let isStopping = false;

  /** Milliseconds since the last signed webhook; null while there was none. */
  async function silenceMs(): Promise<number | null> {
    const last = await store.reader.lastDeliveryAt();
    return last === null ? null : Math.max(0, now() - last);
  }

  /**
   * Why the gateway is not ready; null if webhooks can be stored and followers are up to date. With `orSilent`, also
   * not ready while Sentry is silent for too long.
   */
  async function whyNotReady({ orSilent }: { readonly orSilent: boolean }): Promise<string | null> {
    if (isStopping) return "stopping";
    if (!(await store.canWrite())) return "the store cannot write";
    if (tail.lagMs() > maxLagMs) return "the log cannot be read";
    if (!orSilent) return null;
    // If it were ready, an alarm that asks for silence would never go off.
    if (silenceAfterMs === undefined) return "FEED_SILENCE_AFTER is not set, so silence cannot be judged";
    return ((await silenceMs()) ?? Infinity) > silenceAfterMs ? "Sentry has been silent for too long" : null;
  }

  return {
    silenceMs,
    whyNotReady,
    /** The gateway is about to stop: it is not ready any more. */
    stop(): void {
      isStopping = true;
    },
    isStopping: (): boolean => isStopping,
  };
}
