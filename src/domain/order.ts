import type { Facts } from "./delivery.ts";
import type { EventRole } from "./event.ts";

/**
 * Compares two deliveries of one issue in the order of the walk, which depends on their facts and never on arrival.
 *
 * `created` comes first, whenever it was sent. Then `sentAt`, `lastSeen` and `count` decide (null before every number).
 * Among equals, a claim that its own snapshot has left behind comes first, and a delivery without a claim last. The
 * rest only makes the order total.
 */
export function compareDeliveries(a: Facts, b: Facts): number {
  return (
    Number(isCreated(b)) - Number(isCreated(a)) ||
    a.sentAt - b.sentAt ||
    compareNullFirst(a.lastSeen, b.lastSeen) ||
    compareNullFirst(a.count, b.count) ||
    claimRank(a) - claimRank(b) ||
    compareText(a.sha256, b.sha256) ||
    compareText(a.requestId, b.requestId) ||
    compareText(a.idempotencyKey ?? "", b.idempotencyKey ?? "") ||
    // Equal in every fact: if they arrive the other way round, only their ids are exchanged.
    a.delivery - b.delivery
  );
}

/** True for the webhook of an issue's creation. */
export function isCreated(facts: Facts): boolean {
  return facts.resource === "issue" && facts.action === "created";
}

/**
 * True when the snapshot of `a` was certainly taken after that of `b`: later `lastSeen`, or the same and a larger
 * `count`. Null is neither newer nor older than anything.
 */
export function isNewer(a: Facts, b: Facts): boolean {
  if (a.lastSeen === null || b.lastSeen === null) return false;
  if (a.lastSeen !== b.lastSeen) return a.lastSeen > b.lastSeen;
  return a.count !== null && b.count !== null && a.count > b.count;
}

/**
 * The delivery with the later `lastSeen`, then the larger `count`, null lowest; `b` if they are equal. Any snapshot
 * that is older than one of the two is older than this.
 */
export function newerOf(a: Facts, b: Facts): Facts {
  return (compareNullFirst(a.lastSeen, b.lastSeen) || compareNullFirst(a.count, b.count)) > 0 ? a : b;
}

/** The index in `ordered` at which a delivery with these facts is, or would be inserted. */
export function positionIn(ordered: readonly { readonly facts: Facts }[], facts: Facts): number {
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareDeliveries(ordered[middle]!.facts, facts) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** An event's role when it was first derived. An event that is told later keeps the place of that role. */
export type FirstRole = Exclude<EventRole, "told">;

/**
 * The place of an event in its issue's history: 30 bytes that compare as the deliveries do, then by role: `before`,
 * `report`, `after`.
 *
 * `sentAt`, `lastSeen` and `count` must be safe integers. Two deliveries have the same places only if they are equal in
 * all that is ordered by and in the first 6 bytes of their sha256. Then they have the same body, and the second tells
 * nothing.
 */
export function placeOf(facts: Facts, role: FirstRole): Uint8Array {
  const place = new Uint8Array(30);
  place[0] = isCreated(facts) ? 0 : 1;
  writeNumber(place, 1, facts.sentAt);
  writeNumber(place, 8, facts.lastSeen);
  writeNumber(place, 15, facts.count);
  place[22] = claimRank(facts);
  for (let i = 0; i < 6; i += 1) place[23 + i] = Number.parseInt(facts.sha256.slice(2 * i, 2 * i + 2), 16);
  place[29] = ordinals[role];
  return place;
}

/** Negative when the event at `a` comes before the one at `b` in history. */
export function comparePlaces(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i += 1) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

const ordinals: Record<FirstRole, number> = { before: 0, report: 1, after: 2 };

function claimRank({ claim, state }: Facts): number {
  if (claim === null) return 2;
  return claim === state.status ? 1 : 0;
}

function compareNullFirst(a: number | null, b: number | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return a - b;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Seven bytes, big-endian, with 2^54 added so that negative numbers, and null (all zero), compare right too. */
function writeNumber(place: Uint8Array, offset: number, value: number | null): void {
  if (value === null) return;
  let high = Math.floor(value / 2 ** 32) + 2 ** 22;
  let low = value - Math.floor(value / 2 ** 32) * 2 ** 32;
  for (let i = 6; i >= 3; i -= 1) {
    place[offset + i] = low & 0xff;
    low = Math.floor(low / 256);
  }
  for (let i = 2; i >= 0; i -= 1) {
    place[offset + i] = high & 0xff;
    high >>= 8;
  }
}
