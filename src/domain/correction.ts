import { entriesFrom, standingOf, type Entry, type EntryDraft, type Standing } from "./entry.ts";
import type { IssueEvent } from "./event.ts";
import { agree } from "./issue.ts";
import { comparePlaces, positionIn } from "./order.ts";
import { isOfPast, PastNeededError } from "./walk-past.ts";
import type { Stop } from "./stop.ts";
import type { Before, Walk } from "./walk.ts";

type Draft = EntryDraft & { readonly supersedes: IssueEvent[] };

/**
 * The entries that update the log from what the touched stops were to what they are now, in history order.
 *
 * Each event that leaves is superseded by one entry:
 *
 * - the one in its place, if that tells the same or leads to the same state;
 * - else the one that comes closest to it (`heirOf`);
 * - else, if nothing is entered, the event next to it, which is entered again for this purpose.
 *
 * If nothing is entered but the issue shows another snapshot or state, the last event is entered again.
 */
export function entriesOf(
  walk: Walk,
  added: number,
  touched: ReadonlyMap<Stop, Before>,
  before: Standing | null,
): readonly Entry[] {
  const leaving = new Map<string, { readonly stop: Stop; readonly event: IssueEvent }>();
  for (const [stop, was] of touched)
    for (const event of was.events)
      if (!stop.events.includes(event)) leaving.set(keyOf(event.place), { stop, event });

  const drafts: Draft[] = [];
  for (const [stop, was] of touched) {
    for (const event of stop.events) {
      if (was.events.includes(event)) continue;
      // Matched by place, not by stop: of two deliveries with the same body and time, either can be passed over.
      const old = leaving.get(keyOf(event.place))?.event;
      const stays = old !== undefined && (tellsTheSame(old, event) || leadsToTheSame(old, event));
      if (stays) leaving.delete(keyOf(event.place));
      drafts.push({ event, supersedes: stays ? [old] : [] });
    }
  }
  drafts.sort(byPlace);

  for (const { stop, event } of [...leaving.values()].sort(byPlace)) {
    if (drafts.length === 0) drafts.push(reentered(eventNextTo(walk, stop, event)));
    heirOf(event, drafts, added).supersedes.push(event);
  }

  const after = standingOf(walk)!;
  if (drafts.length === 0 && before !== null && showsOtherwise(before, after)) {
    // Its measures would be wrong, since they are computed from the events that are left.
    if (walk.past !== null && isOfPast(walk.past, walk.last!.facts)) throw new PastNeededError();
    drafts.push(reentered(after.last));
  }

  for (const { supersedes } of drafts) supersedes.sort((a, b) => comparePlaces(a.place, b.place));
  return entriesFrom(drafts, added, before, after);
}

/**
 * The draft that says what became of an event. The first that there is of:
 *
 * - one that tells the same, such as the same change at another time;
 * - one that leads to the same state;
 * - the one in its place;
 * - one of the delivery that was added;
 * - any.
 *
 * For a transition only transitions are looked at, if there are any: subscribers to transitions have to hear of it.
 */
function heirOf(event: IssueEvent, drafts: readonly Draft[], added: number): Draft {
  const changes = event.transition === null ? [] : drafts.filter((draft) => draft.event.transition !== null);
  const heirs = changes.length > 0 ? changes : drafts;
  const closest: readonly ((heir: Draft) => boolean)[] = [
    (heir) => tellsTheSame(heir.event, event),
    (heir) => leadsToTheSame(heir.event, event),
    (heir) => comparePlaces(heir.event.place, event.place) === 0,
    (heir) => heir.event.delivery === added,
  ];
  for (const isClose of closest) {
    const close = heirs.filter(isClose);
    if (close.length > 0) return close.find(({ supersedes }) => supersedes.length === 0) ?? close[0]!;
  }
  return heirs[0]!;
}

/** A draft that enters an event again: it supersedes itself. */
function reentered(event: IssueEvent): Draft {
  return { event, supersedes: [event] };
}

/** The event before the one that left this stop, in history order; the first event if there is none. */
function eventNextTo(walk: Walk, stop: Stop, { place }: IssueEvent): IssueEvent {
  const isBefore = (event: IssueEvent): boolean => comparePlaces(event.place, place) < 0;
  for (let i = positionIn(walk.stops, stop.facts); i >= 0; i -= 1) {
    const event = walk.stops[i]?.events.findLast(isBefore);
    if (event !== undefined) return event;
  }
  if (walk.past !== null) throw new PastNeededError();
  // The first stop of a walk has an event.
  return walk.stops[0]!.events[0]!;
}

function showsOtherwise(before: Standing, after: Standing): boolean {
  return (
    before.shown.snapshotHash !== after.shown.snapshotHash ||
    before.named?.snapshotHash !== after.named?.snapshotHash ||
    before.state.status !== after.state.status ||
    before.state.substatus !== after.state.substatus
  );
}

/** True for two transitions whose states agree, and for two events of one delivery without a transition. */
function tellsTheSame(a: IssueEvent, b: IssueEvent): boolean {
  if (a.transition === null || b.transition === null)
    return a.transition === b.transition && a.delivery === b.delivery;
  const [before, after] = [a.transition.from, b.transition.from];
  const beginsTheSame = before === null || after === null ? before === after : agree(before, after);
  return beginsTheSame && leadsToTheSame(a, b);
}

function leadsToTheSame({ transition: a }: IssueEvent, { transition: b }: IssueEvent): boolean {
  return a !== null && b !== null && agree(a.to, b.to);
}

function keyOf(place: Uint8Array): string {
  return String.fromCharCode(...place);
}

function byPlace(a: { readonly event: IssueEvent }, b: { readonly event: IssueEvent }): number {
  return comparePlaces(a.event.place, b.event.place);
}
