/** Counts what each key does against a rate. */
export type RateLimit = {
  /** Counts one more. The seconds, rounded up, after which it would be within the rate; 0 where it is already. */
  readonly exceededFor: (key: string) => number;
};

/**
 * Lets each key do `burst` things at once, and after that `burst` more in every `perMs`, evenly.
 *
 * What is over the rate is not counted, so that waiting always helps. Keeps `maxKeys` keys; beyond, it forgets the one
 * that was heard of longest ago.
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
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}): RateLimit {
  const intervalMs = perMs / burst;
  /** When each key will have paid for everything it did; in the order in which they were last heard of. */
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
