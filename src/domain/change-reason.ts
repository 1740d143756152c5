import type { Claim, Facts } from "./delivery.ts";
import type { State } from "./issue.ts";
import type { KnownAlike } from "./repeats.ts";
import type { Stop } from "./stop.ts";
import type { Before } from "./walk.ts";

/** What a delivery repeats, as known when it arrived. */
type Repetition = {
  /** The lowest id of the known deliveries that it repeats. */
  readonly of: number;
  /** A sentence. */
  readonly reason: string;
};

/**
 * What the added delivery repeats; null for nothing. Of two deliveries that repeat each other, the one that arrives
 * second is the repetition, whichever was sent first.
 */
export function repetitionOf(
  facts: Facts,
  known: KnownAlike,
  touched: ReadonlyMap<Stop, Before>,
): Repetition | null {
  const body = isReplay(facts, touched) ? known.body : null;
  const repeated = [known.request, known.claim, known.created, body].filter((delivery) => delivery !== null);
  if (repeated.length === 0) return null;
  return { of: Math.min(...repeated), reason: reasonOf(known) };
}

/** The reason of a delivery that was sent twice. */
export const sameRequest = "The same body with the same Request-ID was received before.";

function reasonOf(known: KnownAlike): string {
  if (known.request !== null) return sameRequest;
  if (known.claim !== null) return "The same event with the same Idempotency-Key was received before.";
  if (known.created !== null) return "The issue's creation was received before.";
  return "The same body was received before, and one of the two was held back or replayed.";
}

/** True if the walk passes over the delivery, or because of it over a known one with the same body. */
function isReplay(facts: Facts, touched: ReadonlyMap<Stop, Before>): boolean {
  return [...touched].some(
    ([stop, was]) =>
      stop.isPassedOver && stop.facts.sha256 === facts.sha256 && (stop.facts === facts || !was.isPassedOver),
  );
}

/** Why a delivery that repeats none changes nothing: its claim was known, and its snapshot shows nothing new. */
export function unchangedBecause({ claim }: Facts, state: State): string {
  if (claim === null) return "Nothing in its snapshot is new.";
  const known = claim === state.status ? `to be ${words[claim]}` : `to have been ${words[claim]} then`;
  return `The issue was already known ${known}, and nothing else in its snapshot is new.`;
}

const words: Record<Claim, string> = { unresolved: "unresolved", resolved: "resolved", ignored: "archived" };
