import type { Facts } from "./delivery.ts";
import type { Known } from "./known.ts";
import { compareDeliveries } from "./order.ts";
import { keysOf } from "./repeats.ts";

/** What a walk remembers of the stops that it has let go of, which are its oldest. */
export type Past = {
  /** What is known after the last of them. */
  readonly known: Known;
  /** The delivery at the last of them; no `created`, so that each of those is before it. */
  readonly last: Facts;
  /** Hashes of the keys (body, Request-ID, claim) that only stops let go of have. */
  readonly prints: Set<number>;
};

/** What a change needs of its walk was let go of. */
export class PastNeededError extends Error {
  override readonly name = "PastNeededError";

  constructor() {
    super("The walk has let go of what this delivery changes.");
  }
}

/** True for the delivery at a stop that is gone, and for one that belongs among those. */
export function isOfPast({ last }: Past, facts: Facts): boolean {
  return compareDeliveries(facts, last) <= 0;
}

/** True for a delivery that may have something in common with one that is gone. */
export function mayRepeat({ prints }: Past, facts: Facts): boolean {
  return keysOf(facts).some((key) => prints.has(printOf(key)));
}

/** 30 bits, which V8 holds without an object. Of a thousand other keys, one has its print among those of a million. */
export function printOf(key: string): number {
  let print = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) print = Math.imul(print ^ key.charCodeAt(at), 0x01000193);
  return print >>> 2;
}
