import { letGo, sizeOf } from "../domain/history.ts";
import type { Held } from "./held.ts";

/**
 * An LRU cache of histories, so that a delivery about a busy issue reads nothing. Long histories are held without their
 * beginning.
 */
export type WalkCache = {
  readonly get: (issueId: string) => Held | undefined;
  readonly set: (issueId: string, held: Held) => void;
  /** Removes histories that may differ from the store's. */
  readonly forget: (issueIds: Iterable<string>) => void;
};

/**
 * Most deliveries of all histories held: at 2.8 kB each some 140 MB. A history that is not held is read from its
 * beginning for the next delivery, so those of all busy issues should fit.
 */
const heldDeliveries = 50_000;

/** Most deliveries of one history that are held, and how many are left when there are more. Few are late by as many. */
export type HeldOfOne = { readonly most: number; readonly left: number };
const usual: HeldOfOne = { most: 24, left: 8 };

/** @param maxDeliveries most deliveries of all histories held together; one history is always held. */
export function createWalkCache(maxDeliveries = heldDeliveries, { most, left } = usual): WalkCache {
  // A Map iterates in the order of insertion, so its first key is the least recently used.
  const walks = new Map<string, { readonly held: Held; readonly counted: number }>();
  let deliveries = 0;

  function drop(issueId: string): void {
    deliveries -= walks.get(issueId)?.counted ?? 0;
    walks.delete(issueId);
  }

  function keep(issueId: string, held: Held): void {
    drop(issueId);
    if (held.walk.stops.length > most) for (const event of letGo(held.walk, left)) held.settled.add(event);
    // A walk grows after it is put here; it is counted again each time it is used.
    const counted = 1 + sizeOf(held.walk);
    walks.set(issueId, { held, counted });
    deliveries += counted;
    for (const oldest of walks.keys()) {
      if (deliveries <= maxDeliveries || oldest === issueId) return;
      drop(oldest);
    }
  }

  return {
    get(issueId) {
      const known = walks.get(issueId);
      if (known !== undefined) keep(issueId, known.held);
      return known?.held;
    },
    set: keep,
    forget: (issueIds) => {
      for (const issueId of issueIds) drop(issueId);
    },
  };
}
