import type { Claim, Facts } from "./delivery.ts";
import { agree, type Assignee, type State } from "./issue.ts";
import {
  forgetOld,
  mayBeRetried,
  nothingOver,
  told,
  withOver,
  type Known,
  type Stay,
} from "./known-state.ts";
import { isCreated, isNewer, newerOf, type FirstRole } from "./order.ts";

/** An event as the walk finds it: what a delivery reports, or an INFERRED change that it shows before or after that. */
export type Draft =
  | { readonly role: "report"; readonly transition: Move | null; readonly assignee: Assignee | null }
  | {
      readonly role: "before" | "after";
      readonly transition: Move;
      readonly assignee: Assignee | null;
      /** The earliest time that it can have happened. */
      readonly notBefore: number;
    };

type Move = { readonly from: State | null; readonly to: State };

/** A delivery as the walk comes to it. */
export type Visit = {
  readonly facts: Facts;
  /** When its events happened according to this delivery alone, in epoch milliseconds. */
  readonly at: number;
  /** An earlier delivery makes the same claim, so only this one's snapshot counts. */
  readonly isRepeat: boolean;
};

/** The result of a visit. */
export type Step = {
  readonly known: Known;
  /** In history order, each with a different role. At most one is INFERRED. */
  readonly drafts: readonly Draft[];
  /** The delivery whose INFERRED event this one reports. */
  readonly tells: Facts | null;
};

/** Sentry stamps a webhook after it takes the snapshot, so the later stamp can come with the older state. */
const stampMs = 15_000;

/** Records what happened up to one delivery, in order. */
export class Course {
  /** Its snapshot is older than the newest known one and was sent at most `stampMs` after it, so it shows nothing. */
  readonly isStale: boolean;
  readonly #before: Known | null;
  readonly #visit: Visit;
  readonly #drafts: Draft[] = [];
  #state: State | null;
  #stay: Stay | null;
  #over: Known["over"];
  #lastedUntil: number;
  #tells: Facts | null = null;

  constructor(before: Known | null, visit: Visit) {
    const { facts, at } = visit;
    this.#before = before;
    this.#visit = visit;
    this.#state = before?.state ?? null;
    this.#stay = before?.stay ?? null;
    this.#over = before?.over ?? nothingOver;
    this.#lastedUntil = before?.lastedUntil ?? at;
    this.isStale =
      before !== null && isNewer(before.newest, facts) && facts.sentAt <= before.newest.sentAt + stampMs;
  }

  /** Records a change: REPORTED in the role `report`, else INFERRED. */
  move(role: FirstRole, to: State): void {
    const { facts, at, isRepeat } = this.#visit;
    const transition = { from: this.#state, to };
    // If a report follows, that is what changed the assignee.
    const assignee = role === "before" && !isRepeat ? this.#before!.shown.assignee : facts.assignee;
    if (role === "report") this.#drafts.push({ role, transition, assignee });
    else this.#drafts.push({ role, transition, assignee, notBefore: this.#lastedUntil });

    if (this.#state !== null) this.#over = withOver(this.#over, this.#state.status, this.#stay!);
    const inferredBy = role === "report" ? null : facts;
    this.#stay = { inferredBy, startedAt: at, isOpening: this.#state === null };
    this.#state = to;
    this.#lastedUntil = at;
  }

  /** Records the change to what the snapshot shows, if that is not yet the state. */
  moveOn(to: State): void {
    if (!agree(this.#state!, to)) this.move("after", to);
  }

  /** Records a report that changes no status. */
  note(): void {
    const { assignee } = this.#visit.facts;
    this.#drafts.push({ role: "report", transition: null, assignee });
  }

  /** Reports a new snapshot if nothing else was recorded: no field of an issue changes without an event. */
  noteNewSnapshot(): void {
    if (this.#before === null || this.isStale || this.#drafts.length > 0 || this.#tells !== null) return;
    if (this.#visit.facts.snapshotHash !== this.#before.shown.snapshotHash) this.note();
  }

  /** Reports the beginning of the present stay. */
  tellStay(): void {
    this.#tells = this.#stay!.inferredBy;
    this.#stay = told(this.#stay!);
  }

  /** Reports the beginning of the newest stay in this status that is over. False if the delivery cannot mean that. */
  tellStayOver(status: Claim): boolean {
    const stay = this.#over[status];
    if (stay === null || !mayBeRetried(stay, this.#visit.facts.sentAt)) return false;
    this.#tells = stay.inferredBy;
    this.#over = { ...this.#over, [status]: told(stay) };
    return true;
  }

  /** True if the delivery says what the state was at its time. */
  get #showsState(): boolean {
    return !this.isStale && this.#visit.facts.state.status !== "";
  }

  #namedAfter(): Facts | null {
    const { facts } = this.#visit;
    const before = this.#before?.named ?? null;
    return facts.namesProject && (before === null || !this.isStale) ? facts : before;
  }

  /** Ends the visit. `shown` is the state that the snapshot shows. */
  end(shown: State): Step {
    const { facts, at } = this.#visit;
    const before = this.#before;
    const state = this.#state!;
    const stay = this.#stay!;
    const known: Known = {
      // A substatus that is learned now is taken on without an event.
      state: state.substatus === null ? shown : state,
      stay,
      over: this.#over,
      newest: before === null ? facts : newerOf(before.newest, facts),
      previous: facts,
      shown: before !== null && this.isStale ? before.shown : facts,
      named: this.#namedAfter(),
      lastedUntil: this.#showsState ? Math.max(at, stay.startedAt ?? at) : this.#lastedUntil,
    };
    return {
      // Only after the last `created` are deliveries in the order of their times.
      known: isCreated(facts) ? known : forgetOld(known, facts.sentAt),
      drafts: this.#drafts,
      tells: this.#tells,
    };
  }
}
