import { entriesFrom, standingOf, type Entry, type EntryDraft, type Standing } from "./entry.ts";
import type { IssueEvent } from "./event.ts";
import { comparePlaces, positionIn } from "./order.ts";
import { PastNeededError } from "./past.ts";
import { isSameState, type Stop } from "./stop.ts";
import type { Before, Walk } from "./walk.ts";

type Draft = EntryDraft & { readonly supersedes: IssueEvent[] };

/**
 * The entries that bring the log from what the touched stops were to what the walk has made of them, in history order.
 *
 * An event that differs from the one in its place supersedes that. What leaves a place that stays empty is superseded by
 * the first event that is new in its own place and tells the same, such as the same change at another time; or else by the
 * first entry of the delivery that was added; or else by the event next to it, which is entered again for that. The last
 * event is entered again where nothing else tells that the issue shows another snapshot.
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
      // By place and not by stop: of two deliveries with the same body and time either can be the one passed over.
      const old = leaving.get(keyOf(event.place));
      leaving.delete(keyOf(event.place));
      drafts.push({ event, supersedes: old === undefined ? [] : [old.event] });
    }
  }
  drafts.sort(byPlace);

  const own = drafts.find(({ event }) => event.delivery === added);
  for (const { stop, event } of [...leaving.values()].sort(byPlace)) {
    const successor = drafts.find(
      (draft) => draft.supersedes.length === 0 && tellsTheSame(draft.event, event),
    );
    const heir = successor ?? own ?? reentered(drafts, eventNextTo(walk, stop, event));
    heir.supersedes.push(event);
  }

  const after = standingOf(walk)!;
  if (drafts.length === 0 && before !== null && showsOtherwise(before, after)) reentered(drafts, after.last);

  drafts.sort(byPlace);
  for (const { supersedes } of drafts) supersedes.sort((a, b) => comparePlaces(a.place, b.place));
  return entriesFrom(drafts, added, before, after);
}

/** The draft of this event. If there was none it supersedes the event itself. */
function reentered(drafts: Draft[], event: IssueEvent): Draft {
  const drafted = drafts.find((draft) => draft.event === event);
  if (drafted !== undefined) return drafted;
  const draft = { event, supersedes: [event] };
  drafts.push(draft);
  return draft;
}

/** The event in history before the one that left this stop; the first one where none is. */
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

/** The same change; of what is no change, what the same delivery says. */
function tellsTheSame(a: IssueEvent, b: IssueEvent): boolean {
  if (a.transition === null || b.transition === null)
    return a.transition === b.transition && a.delivery === b.delivery;
  return isSameState(a.transition.from, b.transition.from) && isSameState(a.transition.to, b.transition.to);
}

function keyOf(place: Uint8Array): string {
  return String.fromCharCode(...place);
}

function byPlace(a: { readonly event: IssueEvent }, b: { readonly event: IssueEvent }): number {
  return comparePlaces(a.event.place, b.event.place);
}
