import { sizeOf } from "../domain/history.ts";
import { letGo } from "../domain/walk.ts";
import type { CachedHistory } from "./cached-history.ts";

/**
 * An LRU cache of histories, so that a delivery about a busy issue reads nothing. Long histories are held without their
 * beginning.
 */
export type HistoryCache = {
  readonly get: (issueId: string) => CachedHistory | undefined;
  readonly set: (issueId: string, held: CachedHistory) => void;
  /** Removes histories that may differ from the store's. */
  readonly forget: (issueIds: Iterable<string>) => void;
};

/**
 * Most deliveries of all histories held: at 2.8 kB each some 140 MB. A history that is not held is read from its
 * beginning for the next delivery, so those of all busy issues should fit.
 */
const cachedDeliveries = 50_000;

/** Most deliveries of one history that are held, and how many are left when there are more. Few are late by as many. */
type MostOfOne = { readonly most: number; readonly left: number };
const usual: MostOfOne = { most: 24, left: 8 };

/** @param maxDeliveries most deliveries of all histories held together; one history is always held. */
export function createHistoryCache(maxDeliveries = cachedDeliveries, { most, left } = usual): HistoryCache {
  // A Map iterates in the order of insertion, so its first key is the least recently used.
  const histories = new Map<string, { readonly held: CachedHistory; readonly counted: number }>();
  let deliveries = 0;

  function drop(issueId: string): void {
    deliveries -= histories.get(issueId)?.counted ?? 0;
    histories.delete(issueId);
  }

  function keep(issueId: string, held: CachedHistory): void {
    drop(issueId);
    if (held.walk.stops.length > most) for (const event of letGo(held.walk, left)) held.settled.add(event);
    // A walk grows after it is put here; it is counted again each time it is used.
    const counted = 1 + sizeOf(held.walk);
    histories.set(issueId, { held, counted });
    deliveries += counted;
    for (const oldest of histories.keys()) {
      if (deliveries <= maxDeliveries || oldest === issueId) return;
      drop(oldest);
    }
  }

  return {
    get(issueId) {
      const known = histories.get(issueId);
      if (known !== undefined) keep(issueId, known.held);
      return known?.held;
    },
    set: keep,
    forget: (issueIds) => {
      for (const issueId of issueIds) drop(issueId);
    },
  };
}
