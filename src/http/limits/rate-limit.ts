/** Counts the actions of each key against a rate. */
export type RateLimit = {
  /** Counts one more action. Returns 0 if it is within the rate, else the seconds, rounded up, until it would be. */
  readonly exceededFor: (key: string) => number;
};

/**
 * Allows each key `burst` actions at once, and after that `burst` more in every `perMs`, evenly spread.
 *
 * Actions over the rate are not counted, so that waiting always helps. Keeps `maxKeys` keys; beyond that, it forgets
 * the one whose last counted action is the oldest.
 */
export function createRateLimit({
  burst,
  perMs,
  maxKeys = 10_000,
  now = performance.now.bind(performance),
}: {
  readonly burst: number;
  readonly perMs: number;
  readonly maxKeys?: number;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}): RateLimit {
  const intervalMs = perMs / burst;
  /** When each key will have paid for all its actions, in the order of their last counted actions. */
  const paidAt = new Map<string, number>();
  return {
    exceededFor(key) {
      const at = now();
      const paid = Math.max(at, paidAt.get(key) ?? at) + intervalMs;
      const excessMs = paid - at - perMs;
      if (excessMs > 0) return Math.ceil(excessMs / 1000);
      paidAt.delete(key);
      paidAt.set(key, paid);
      if (paidAt.size > maxKeys) paidAt.delete(paidAt.keys().next().value!);
      return 0;
    },
  };
}
