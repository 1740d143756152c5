import type { Facts } from "./delivery.ts";
import { fnv1a } from "./fnv.ts";
import type { Known } from "./known-state.ts";
import { compareDeliveries } from "./order.ts";
import { keysOf } from "./repeats.ts";

/** What a walk remembers of its oldest stops, which it has let go of. */
export type Past = {
  /** What is known after the last of them. */
  readonly known: Known;
  /** The delivery at the last of them. It is no `created`, so every `created` comes before it. */
  readonly last: Facts;
  /** Hashes of the keys (body, Request-ID, claim) that no remaining stop has. */
  readonly prints: Set<number>;
};

/** A change needs what its walk has let go of. */
export class PastNeededError extends Error {
  override readonly name = "PastNeededError";

  constructor() {
    super("The walk has let go of what this delivery changes.");
  }
}

/** True if the delivery's place in the order is among the stops that were let go of. */
export function isOfPast({ last }: Past, facts: Facts): boolean {
  return compareDeliveries(facts, last) <= 0;
}

/** True if the delivery may have a key in common with one that was let go of. It can be a false positive. */
export function mayRepeat({ prints }: Past, facts: Facts): boolean {
  return keysOf(facts).some((key) => prints.has(printOf(key)));
}

/**
 * A 30-bit hash, which V8 holds without an object. Against a million prints, one other key in a thousand is a
 * false positive.
 */
export function printOf(key: string): number {
  return fnv1a(key) >>> 2;
}
