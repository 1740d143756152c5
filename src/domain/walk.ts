import type { Draft } from "./course.ts";
import type { Facts } from "./delivery.ts";
import type { IssueEvent } from "./event.ts";
import { isSameKnown, type Known } from "./known.ts";
import { compareDeliveries, isCreated, isNewer, positionIn } from "./order.ts";
import { isOfPast, mayRepeat, PastNeededError, printOf, type Past } from "./past.ts";
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
 * The walk over one issue's deliveries, kept so that one more delivery costs the steps it changes and no others.
 *
 * What is known after each stop is kept with the stop. A late delivery is put into its place, and the walk starts again
 * there from what was known before; it ends at the first stop after which the same is known as was before. Only what
 * makes a delivery a repeat reaches further: the stops that this can concern are found by `Repeats` and walked too.
 *
 * A long walk can let go of its oldest stops, which hardly any delivery still changes; one that does needs a new walk.
 */
export type Walk = {
  /** In order. A delivery that has body and Request-ID in common with another makes no stop of its own. */
  readonly stops: Stop[];
  /** What was before them; null while nothing was let go of. */
  past: Past | null;
  readonly repeats: Repeats;
  /** Epoch milliseconds at which the first delivery was sent. */
  firstSentAt: number;
  /** How many steps have been taken, ever: what the walk has cost. */
  steps: number;
  /** The last stop that has a transition; null while there is no stop. */
  turn: Stop | null;
  /** The last stop that has an event. */
  last: Stop | null;
};

/** What a stop was before a change. */
export type Before = Pick<Stop, "events" | "isPassedOver">;

/** The walk over these deliveries, given in any order. None is legal. */
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
 * Adds a delivery, whenever it was sent. Returns the stops whose events may have changed, each as it was; it is empty
 * when the delivery makes no stop because another one is the same delivery.
 *
 * @throws PastNeededError when it changes, or may change, what the walk has let go of.
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
 * Lets go of all stops but the newest `left`, so that the walk takes no more memory the longer it is. Returns their
 * events, in history order; none while they cannot be done without.
 */
export function letGo(walk: Walk, left: number): readonly IssueEvent[] {
  const { stops, repeats, past } = walk;
  const others = repeats.created.stops.length;
  const count = stops.length - left;
  // When a `created` happened depends on the first event after it.
  const isDated = past !== null || stops.slice(others, count).some(({ drafts }) => drafts.length > 0);
  if (count <= 0 || !isDated) return [];
  const gone = stops.splice(0, count);
  const last = gone.at(-1)!;
  const prints = past?.prints ?? new Set();
  for (const key of forgetAllBut(repeats, new Set(stops))) prints.add(printOf(key));
  walk.past = { known: last.known!, last: last.facts, prints };
  return gone.flatMap(({ events }) => events);
}

/** One change of a walk, from the stops it disturbs to the events that follow. */
class Rewalk {
  readonly touched = new Map<Stop, Before>();
  readonly #walk: Walk;
  /** Stops to be walked whatever is known before them. */
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

  /** Walks from each disturbed stop to where nothing differs any more. */
  walkOn(): void {
    const { stops } = this.#walk;
    const first = [...this.#disturbed].reduce((a, b) => (compareDeliveries(a.facts, b.facts) < 0 ? a : b));
    this.#mustBeLeft(first.facts);
    let differs = false;
    // Those that are disturbed meanwhile all come later.
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

  /** Dates the events, and makes them. */
  finish(): void {
    this.#date();
    for (const stop of this.touched.keys()) stop.events = eventsOf(stop);
    this.#walk.last = this.#latest(this.#walk.last, ({ events }) => events.length > 0);
    this.#walk.turn = this.#latest(this.#walk.turn, ({ drafts }) => drafts.some(isTurn));
  }

  /** A `created` may be sent again long after, but its snapshot is of the moment that it reports. */
  #timeOf(facts: Facts): number {
    if (!isCreated(facts) || facts.lastSeen === null || this.#walk.firstSentAt >= facts.sentAt)
      return facts.sentAt;
    return Math.floor(facts.lastSeen / 1000);
  }

  /**
   * True for the same body as an earlier delivery that counts, with a newer snapshot between them: it was held back or
   * replayed. Such deliveries are passed over, as if they had never been sent; so is the same body as that of the delivery
   * before it.
   */
  #isOutdated(index: number, before: Known): boolean {
    const { stops } = this.#walk;
    const { alike, facts } = stops[index]!;
    if (before.previous.sha256 === facts.sha256 || !isNewer(before.newest, facts)) return false;
    const same = alike.body.stops;
    // If that one was itself passed over only because its twin stands right before it, nothing lies between the two.
    const earlier = same[positionIn(same, facts) - 1];
    if (earlier === undefined || earlier.isOutdated) return earlier !== undefined;
    if (compareDeliveries(earlier.facts, before.newest) < 0) return true;
    // The newest is older in the order than both, so whether another one lies between has to be looked for.
    this.#mustBeLeft(earlier.facts);
    for (let j = index - 1; stops[j] !== earlier; j -= 1)
      if (!stops[j]!.isPassedOver && isNewer(stops[j]!.facts, facts)) return true;
    return false;
  }

  /** Finds the later stops that may be replays, or no longer be, now that this one counts or does not. */
  #disturbTwins(stop: Stop, counts: boolean): void {
    for (const { stops } of this.#walk.repeats.twins) {
      const first = stops[0];
      if (first === undefined) continue;
      const isBetween = isNewer(stop.facts, first.facts) && compareDeliveries(first.facts, stop.facts) < 0;
      if (first.facts.sha256 !== stop.facts.sha256 && !isBetween) continue;
      for (const twin of stops.slice(positionIn(stops, stop.facts)))
        // One more stop that counts makes replays, one less unmakes them.
        if (twin !== stop && twin.isPassedOver !== counts) this.#disturbed.add(twin);
    }
  }

  #retell(stop: Stop, tells: Facts | null): void {
    const was = stop.tells === tells ? null : this.#find(stop.tells);
    // By now it may be told by an earlier stop.
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

  /** Only a `created` can be dated later than what follows it, since all others are in the order of their times. */
  #date(): void {
    const { stops, past, repeats } = this.#walk;
    const others = repeats.created.stops.length;
    // Nothing that comes after an event of another delivery dates a `created` anew.
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
