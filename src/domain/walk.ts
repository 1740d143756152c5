import type { Draft } from "./course.ts";
import type { Facts } from "./delivery.ts";
import type { IssueEvent } from "./event.ts";
import { isSameKnown, type Known } from "./known-state.ts";
import { compareDeliveries, isCreated, isNewer, positionIn } from "./order.ts";
import { isOfPast, mayRepeat, PastNeededError, printOf, type Past } from "./walk-past.ts";
import {
  alikeTo,
  createRepeats,
  forgetAllBut,
  isRepeat,
  join,
  know,
  leave,
  type Repeats,
} from "./repeats.ts";
import { stepOver } from "./step.ts";
import { createStop, eventsOf, type Stop } from "./stop.ts";

/**
 * The walk over one issue's deliveries, kept so that adding a delivery costs only the steps that it changes.
 *
 * Each stop keeps what is known after it. A late delivery is inserted in its place, and the walk starts again there. It
 * ends at the first stop after which the same is known as before. Only repeats reach further: `Repeats` finds the stops
 * that they can concern, and these are walked too.
 *
 * A long walk can let go of its oldest stops, since a delivery seldom changes them. One that does needs a new walk.
 */
export type Walk = {
  /** In order. Deliveries with the same body and Request-ID share one stop. */
  readonly stops: Stop[];
  /** What is remembered of stops that were let go of; null while none were. */
  past: Past | null;
  readonly repeats: Repeats;
  /** When the first delivery was sent, in epoch milliseconds; Infinity without any. */
  firstSentAt: number;
  /** The number of steps taken so far, as a measure of cost. */
  steps: number;
  /** The last stop that has a transition; null while there is no stop. */
  turn: Stop | null;
  /** The last stop that has an event. */
  last: Stop | null;
};

/** What a stop was before a change. */
export type Before = Pick<Stop, "events" | "isPassedOver">;

/** Starts a walk over these deliveries, given in any order. There may be none. */
export function startWalk(deliveries: readonly Facts[]): Walk {
  const walk: Walk = {
    stops: [],
    past: null,
    repeats: createRepeats(),
    firstSentAt: Infinity,
    steps: 0,
    turn: null,
    last: null,
  };
  for (const facts of deliveries.toSorted(compareDeliveries)) {
    const alike = alikeTo(walk.repeats, facts);
    know(alike, facts.delivery);
    if (alike.request.stops.length > 0) continue;
    const stop = createStop(facts, alike);
    join(walk.repeats, stop);
    walk.stops.push(stop);
    walk.firstSentAt = Math.min(walk.firstSentAt, facts.sentAt);
  }
  const change = new Rewalk(walk);
  for (const index of walk.stops.keys()) change.step(index);
  change.finish();
  return walk;
}

/**
 * Adds a delivery, whenever it was sent. Returns the stops whose events may have changed, with what each was before.
 * The map is empty if an earlier stop has the same body and Request-ID, so that the delivery makes none.
 *
 * @throws PastNeededError if it changes, or may change, what the walk has let go of.
 */
export function addStop(walk: Walk, facts: Facts): ReadonlyMap<Stop, Before> {
  if (walk.past !== null && mayRepeat(walk.past, facts)) throw new PastNeededError();
  const change = new Rewalk(walk);
  const alike = alikeTo(walk.repeats, facts);
  know(alike, facts.delivery);
  const same = alike.request.stops[0];
  if (same !== undefined && compareDeliveries(same.facts, facts) < 0) return change.touched;
  if (same !== undefined) change.remove(same);
  change.insert(createStop(facts, alike));
  change.walkOn();
  change.finish();
  return change.touched;
}

/**
 * Lets go of all stops but the newest `left`, to save memory in a long walk. Returns their events, in history order;
 * none, and lets go of nothing, while they are still needed.
 */
export function letGo(walk: Walk, left: number): readonly IssueEvent[] {
  const { stops, repeats, past } = walk;
  const others = repeats.created.stops.length;
  const count = stops.length - left;
  // The first event after a `created` limits its time, so that event must be among those that go.
  const isDated = past !== null || stops.slice(others, count).some(({ drafts }) => drafts.length > 0);
  if (count <= 0 || !isDated) return [];
  const gone = stops.splice(0, count);
  const last = gone.at(-1)!;
  const prints = past?.prints ?? new Set();
  for (const key of forgetAllBut(repeats, new Set(stops))) prints.add(printOf(key));
  walk.past = { known: last.known!, last: last.facts, prints };
  return gone.flatMap(({ events }) => events);
}

/** One change of a walk: collects the stops that it disturbs, walks them again and makes their events. */
class Rewalk {
  readonly touched = new Map<Stop, Before>();
  readonly #walk: Walk;
  /** Stops to be walked again even if the same is known before them. */
  readonly #disturbed = new Set<Stop>();

  constructor(walk: Walk) {
    this.#walk = walk;
  }

  insert(stop: Stop): void {
    const { stops, repeats } = this.#walk;
    const index = positionIn(stops, stop.facts);
    stop.known = this.#knownBefore(index);
    stops.splice(index, 0, stop);
    for (const displaced of join(repeats, stop)) this.#disturbed.add(displaced);
    if (stop.facts.sentAt < this.#walk.firstSentAt) {
      this.#walk.firstSentAt = stop.facts.sentAt;
      for (const created of repeats.created.stops) this.#disturbed.add(created);
    }
    this.#disturbed.add(stop);
  }

  remove(stop: Stop): void {
    const { stops } = this.#walk;
    const index = positionIn(stops, stop.facts);
    this.#touch(stop);
    stops.splice(index, 1);
    for (const promoted of leave(stop)) this.#disturbed.add(promoted);
    const next = stops[index];
    if (next !== undefined) this.#disturbed.add(next);
    this.#retell(stop, null);
    stop.drafts = none;
    if (!stop.isPassedOver) this.#disturbTwins(stop, false);
  }

  /** Walks from each disturbed stop until the same is known as before. */
  walkOn(): void {
    const { stops } = this.#walk;
    const first = [...this.#disturbed].reduce((a, b) => (compareDeliveries(a.facts, b.facts) < 0 ? a : b));
    this.#mustBeLeft(first.facts);
    let differs = false;
    // Stops that are disturbed during this loop all come later.
    for (let index = positionIn(stops, first.facts); differs || this.#disturbed.size > 0; index += 1) {
      const stop = stops[index];
      if (stop === undefined) break;
      if (!this.#disturbed.delete(stop) && !differs) continue;
      const { known, isPassedOver } = stop;
      this.step(index);
      if (stop.isPassedOver !== isPassedOver) this.#disturbTwins(stop, !stop.isPassedOver);
      differs = !isSameKnown(known, stop.known);
    }
  }

  step(index: number): void {
    const { stops } = this.#walk;
    const stop = stops[index]!;
    const before = this.#knownBefore(index);
    this.#touch(stop);
    this.#walk.steps += 1;
    stop.at = this.#timeOf(stop.facts);
    stop.occurredAt = stop.at;
    stop.isOutdated = before !== null && this.#isOutdated(index, before);
    stop.isPassedOver = stop.isOutdated || before?.previous.sha256 === stop.facts.sha256;
    const step = stop.isPassedOver
      ? { known: before, drafts: none, tells: null }
      : stepOver(before, { facts: stop.facts, at: stop.at, isRepeat: isRepeat(stop) });
    stop.known = step.known;
    stop.drafts = step.drafts;
    this.#retell(stop, step.tells);
  }

  /** Dates and makes the events of the touched stops. */
  finish(): void {
    this.#date();
    for (const stop of this.touched.keys()) stop.events = eventsOf(stop);
    this.#walk.last = this.#latest(this.#walk.last, ({ events }) => events.length > 0);
    this.#walk.turn = this.#latest(this.#walk.turn, ({ drafts }) => drafts.some(isTurn));
  }

  /**
   * When a delivery's events happened. A `created` may be sent again much later, but its snapshot is from the creation:
   * if another delivery was sent before it, its `lastSeen` counts.
   */
  #timeOf(facts: Facts): number {
    if (!isCreated(facts) || facts.lastSeen === null || this.#walk.firstSentAt >= facts.sentAt)
      return facts.sentAt;
    return Math.floor(facts.lastSeen / 1000);
  }

  /**
   * True if an earlier delivery that counts has the same body and a newer snapshot lies between: this one was held back
   * or replayed. Such deliveries are passed over, as if they had never been sent. So is one with the same body as the
   * delivery right before it, for which this is false.
   */
  #isOutdated(index: number, before: Known): boolean {
    const { stops } = this.#walk;
    const { alike, facts } = stops[index]!;
    if (before.previous.sha256 === facts.sha256 || !isNewer(before.newest, facts)) return false;
    const same = alike.body.stops;
    // If `earlier` was passed over only because its twin is right before it, nothing lies between the two.
    const earlier = same[positionIn(same, facts) - 1];
    if (earlier === undefined || earlier.isOutdated) return earlier !== undefined;
    if (compareDeliveries(earlier.facts, before.newest) < 0) return true;
    // `newest` comes before both in the order, so another newer one between them is searched for.
    this.#mustBeLeft(earlier.facts);
    for (let j = index - 1; stops[j] !== earlier; j -= 1)
      if (!stops[j]!.isPassedOver && isNewer(stops[j]!.facts, facts)) return true;
    return false;
  }

  /** Disturbs the later stops that may have become replays, or ceased to be, because `stop` now counts or does not. */
  #disturbTwins(stop: Stop, counts: boolean): void {
    for (const { stops } of this.#walk.repeats.twins) {
      const first = stops[0];
      if (first === undefined) continue;
      const isBetween = isNewer(stop.facts, first.facts) && compareDeliveries(first.facts, stop.facts) < 0;
      if (first.facts.sha256 !== stop.facts.sha256 && !isBetween) continue;
      for (const twin of stops.slice(positionIn(stops, stop.facts)))
        // A stop that begins to count can only make replays; one that ceases to can only unmake them.
        if (twin !== stop && twin.isPassedOver !== counts) this.#disturbed.add(twin);
    }
  }

  #retell(stop: Stop, tells: Facts | null): void {
    const was = stop.tells === tells ? null : this.#find(stop.tells);
    // An earlier stop may tell it by now.
    if (was?.toldBy === stop.facts) this.#setTeller(was, null);
    stop.tells = tells;
    const is = this.#find(tells);
    if (is !== null && is.toldBy !== stop.facts) this.#setTeller(is, stop.facts);
  }

  #setTeller(stop: Stop, toldBy: Facts | null): void {
    this.#touch(stop);
    stop.toldBy = toldBy;
  }

  #find(facts: Facts | null): Stop | null {
    if (facts === null) return null;
    this.#mustBeLeft(facts);
    const stop = this.#walk.stops[positionIn(this.#walk.stops, facts)];
    return stop?.facts === facts ? stop : null;
  }

  /** Dates no `created` later than the event after it. All other deliveries are in the order of their times. */
  #date(): void {
    const { stops, past, repeats } = this.#walk;
    const others = repeats.created.stops.length;
    // A walk that has let go of stops has a first event after every `created`, so their times are final.
    if (others === 0 || past !== null) return;
    let next = others;
    while (stops[next]?.drafts.length === 0) next += 1;
    let ceiling = stops[next]?.at ?? Infinity;
    for (const stop of stops.slice(0, others).reverse()) {
      if (stop.drafts.length === 0) continue;
      ceiling = Math.min(stop.at, ceiling);
      if (stop.occurredAt === ceiling) continue;
      this.#touch(stop);
      stop.occurredAt = ceiling;
    }
  }

  #latest(known: Stop | null, isWanted: (stop: Stop) => boolean): Stop | null {
    const { stops, past } = this.#walk;
    let latest = known;
    if (known !== null && !isWanted(known)) {
      latest = stops.slice(0, positionIn(stops, known.facts)).findLast(isWanted) ?? null;
      if (latest === null && past !== null) throw new PastNeededError();
    }
    for (const stop of this.touched.keys())
      if (isWanted(stop) && (latest === null || compareDeliveries(latest.facts, stop.facts) < 0))
        latest = stop;
    return latest;
  }

  #knownBefore(index: number): Known | null {
    const { stops, past } = this.#walk;
    return (index === 0 ? past?.known : stops[index - 1]!.known) ?? null;
  }

  #mustBeLeft(facts: Facts): void {
    const { past } = this.#walk;
    if (past !== null && isOfPast(past, facts)) throw new PastNeededError();
  }

  #touch(stop: Stop): void {
    if (!this.touched.has(stop))
      this.touched.set(stop, { events: stop.events, isPassedOver: stop.isPassedOver });
  }
}

const none: readonly Draft[] = [];

function isTurn({ transition }: Draft): boolean {
  return transition !== null;
}
