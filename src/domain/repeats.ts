import type { Facts } from "./delivery.ts";
import { compareDeliveries, isCreated, positionIn } from "./order.ts";
import type { Stop } from "./stop.ts";

/** Deliveries of one issue that have something in common. */
export type Group = {
  /** In order. */
  stops: Stop[];
  /** The lowest id of all deliveries ever in the group, those without a stop included; Infinity for none. */
  lowest: number;
};

/** Which deliveries of one issue repeat each other, by their facts alone. */
export type Repeats = {
  /** By body and Request-ID. These are one delivery, with one stop where it was sent first. */
  readonly requests: Map<string, Group>;
  /** By resource, action and Idempotency-Key. These make one claim, at the first of them. */
  readonly claims: Map<string, Group>;
  /** All `created` deliveries; the first makes the claim. */
  readonly created: Group;
  readonly bodies: Map<string, Group>;
  /** Those of `bodies` that have, or once had, several stops. */
  readonly twins: Set<Group>;
};

/** The groups that one delivery belongs to. */
export type Alike = {
  readonly request: Group;
  readonly claim: Group | null;
  readonly created: Group | null;
  readonly body: Group;
};

export function createRepeats(): Repeats {
  return {
    requests: new Map(),
    claims: new Map(),
    created: createGroup(),
    bodies: new Map(),
    twins: new Set(),
  };
}

/** The groups of a delivery with these facts, made if missing. The delivery does not become a member. */
export function alikeTo(repeats: Repeats, facts: Facts): Alike {
  const claim = claimKey(facts);
  return {
    request: groupIn(repeats.requests, requestKey(facts)),
    claim: claim === null ? null : groupIn(repeats.claims, claim),
    created: isCreated(facts) ? repeats.created : null,
    body: groupIn(repeats.bodies, facts.sha256),
  };
}

/** The keys by which a delivery with these facts is grouped with others. */
export function keysOf(facts: Facts): readonly string[] {
  const claim = claimKey(facts);
  return [requestKey(facts), facts.sha256, ...(claim === null ? [] : [claim])];
}

function requestKey({ sha256, requestId }: Facts): string {
  return `${sha256} ${requestId}`;
}

function claimKey({ resource, action, idempotencyKey }: Facts): string | null {
  return idempotencyKey === null ? null : JSON.stringify([resource, action, idempotencyKey]);
}

/** Adds the delivery to those that are known. */
export function know(alike: Alike, delivery: number): void {
  for (const group of groupsOf(alike)) group.lowest = Math.min(group.lowest, delivery);
}

/** For each group of a delivery with these facts, the lowest id of its known deliveries; null for none. */
export type KnownAlike = { readonly [Mark in keyof Alike]: number | null };

export function knownAlike(repeats: Repeats, facts: Facts): KnownAlike {
  const { request, claim, created, body } = alikeTo(repeats, facts);
  const lowestOf = (group: Group | null): number | null =>
    group === null || group.lowest === Infinity ? null : group.lowest;
  return {
    request: lowestOf(request),
    claim: lowestOf(claim),
    created: lowestOf(created),
    body: lowestOf(body),
  };
}

/** Adds a stop to its groups. Returns the stops whose claim it takes because it comes before them. */
export function join(repeats: Repeats, stop: Stop): readonly Stop[] {
  const { claim, created, body } = stop.alike;
  const displaced = [claim, created].flatMap((group) => {
    const first = group?.stops[0];
    return first !== undefined && compareDeliveries(stop.facts, first.facts) < 0 ? [first] : [];
  });
  for (const group of groupsOf(stop.alike)) {
    // Most groups have one stop only, and an empty array that one is added to allocates room for seventeen.
    if (group.stops.length === 0) group.stops = [stop];
    else group.stops.splice(positionIn(group.stops, stop.facts), 0, stop);
  }
  if (body.stops.length > 1) repeats.twins.add(body);
  return displaced;
}

/** Removes a stop from its groups. Returns the stops that make its claim now. */
export function leave(stop: Stop): readonly Stop[] {
  for (const group of groupsOf(stop.alike)) group.stops.splice(group.stops.indexOf(stop), 1);
  const { claim, created } = stop.alike;
  return [claim, created].flatMap((group) => group?.stops[0] ?? []);
}

/**
 * Forgets the groups that have none of the stops in `left` (never that of `created`), and returns their keys. A group
 * that is kept loses its stops outside of `left`. Of these it keeps the first, which makes the claim, and the last,
 * where its body was last seen.
 */
export function forgetAllBut(repeats: Repeats, left: ReadonlySet<Stop>): readonly string[] {
  const forgotten: string[] = [];
  for (const groups of [repeats.requests, repeats.claims, repeats.bodies]) {
    for (const [key, group] of groups) {
      if (forgetWithin(group, left)) continue;
      groups.delete(key);
      repeats.twins.delete(group);
      // A stop that another group keeps still refers to this group.
      group.stops = [];
      forgotten.push(key);
    }
  }
  forgetWithin(repeats.created, left);
  return forgotten;
}

/**
 * Forgets the group's stops that are not in `left`, except the first and the last of them. True if others are left;
 * these come last in the order.
 */
function forgetWithin({ stops }: Group, left: ReadonlySet<Stop>): boolean {
  const firstLeft = stops.findIndex((stop) => left.has(stop));
  const gone = firstLeft === -1 ? stops.length : firstLeft;
  stops.splice(1, gone - 2);
  return firstLeft !== -1;
}

/** True when an earlier delivery makes the same claim. */
export function isRepeat(stop: Stop): boolean {
  const { claim, created } = stop.alike;
  return (claim !== null && claim.stops[0] !== stop) || (created !== null && created.stops[0] !== stop);
}

function groupsOf({ request, claim, created, body }: Alike): readonly Group[] {
  return [request, claim, created, body].filter((group) => group !== null);
}

function createGroup(): Group {
  return { stops: [], lowest: Infinity };
}

function groupIn(groups: Map<string, Group>, key: string): Group {
  const known = groups.get(key);
  if (known !== undefined) return known;
  const group = createGroup();
  groups.set(key, group);
  return group;
}
