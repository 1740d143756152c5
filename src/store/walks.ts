import type { Walk } from "../domain/history.ts";

/** Histories in memory, so that a delivery of a busy issue reads nothing. The longest unused are forgotten first. */
export type WalkCache = {
  readonly get: (issueId: string) => Walk | undefined;
  readonly set: (issueId: string, walk: Walk) => void;
  /** Forgets what may not be what the store holds. */
  readonly forget: (issueIds: Iterable<string>) => void;
  readonly clear: () => void;
};

/** @param maxDeliveries how many deliveries the histories held may have together; one history is always held. */
export function createWalkCache(maxDeliveries: number, sizeOf: (walk: Walk) => number): WalkCache {
  // A Map iterates in the order of insertion, so its first key is the longest unused.
  const walks = new Map<string, { readonly walk: Walk; counted: number }>();
  let deliveries = 0;

  function drop(issueId: string): void {
    deliveries -= walks.get(issueId)?.counted ?? 0;
    walks.delete(issueId);
  }

  function keep(issueId: string, walk: Walk): void {
    drop(issueId);
    // A walk grows after it is put here; it is counted again each time it is used.
    const counted = 1 + sizeOf(walk);
    walks.set(issueId, { walk, counted });
    deliveries += counted;
    for (const oldest of walks.keys()) {
      if (deliveries <= maxDeliveries || oldest === issueId) return;
      drop(oldest);
    }
  }

  return {
    get(issueId) {
      const held = walks.get(issueId);
      if (held !== undefined) keep(issueId, held.walk);
      return held?.walk;
    },
    set: keep,
    forget: (issueIds) => {
      for (const issueId of issueIds) drop(issueId);
    },
    clear: () => {
      walks.clear();
      deliveries = 0;
    },
  };
}
