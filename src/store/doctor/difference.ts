import type { IssueEvent } from "../../domain/event.ts";
import { deriveHistory } from "../../domain/history.ts";
import { measure } from "../../domain/measures.ts";
import { snapshotFrom, withProjectOf } from "../batch/kept-snapshot.ts";
import { factsOf, type DeliveryRow } from "../delivery-rows.ts";
import { eventOf, measuresRow, type EventRow, type MeasuresColumns } from "../event-rows.ts";
import { shownColumns, type IssueRow } from "../issue-rows.ts";
import { isJson } from "./is-json.ts";

/** The kept fields that an issue shows, and those that name its project, mostly the same; null if they are gone. */
export type ShownTexts = { readonly shown: string | null; readonly naming: string | null };

type KeptIssue = {
  readonly deliveries: readonly DeliveryRow[];
  /** The events of its history, in order. */
  readonly logged: readonly ({ readonly event: EventRow } & Pick<
    DeliveryRow,
    "receivedAt" | "resolutionType"
  >)[];
  readonly row: IssueRow | undefined;
};

/** How the log and the row of an issue differ from what its deliveries tell; null if they do not. */
export function differenceOf({ deliveries, logged, row }: KeptIssue): string | null {
  const facts = deliveries.map(factsOf);
  const history = deriveHistory(facts);
  const kept = logged.map(({ event, ...delivery }) => eventOf(event, delivery));
  if (kept.length !== history.events.length)
    return `its history has ${kept.length} events, and its deliveries tell ${history.events.length}.`;
  const wrong = history.events.findIndex((event, index) => signatureOf(event) !== signatureOf(kept[index]!));
  if (wrong >= 0) return `event ${kept[wrong]!.id} is not what its deliveries tell.`;
  const { measured } = measure(history.events);
  const mismeasured = history.events.findIndex((event, index) => {
    const { stayMs, resolvedAfter, triagedAfterMs, isUndone } = logged[index]!.event;
    const kept: MeasuresColumns = { stayMs, resolvedAfter, triagedAfterMs, isUndone };
    return JSON.stringify(kept) !== JSON.stringify(measuresRow(measured.get(event)!));
  });
  if (mismeasured >= 0)
    return `the durations stored with event ${kept[mismeasured]!.id} do not match its history.`;
  if (row === undefined) return "it is missing.";
  const { state, statusSince, shown } = history;
  // A delivery with nothing new does not become the shown one, so the snapshots are compared, not the ids.
  const snapshotOf = (id: number) => facts.find(({ delivery }) => delivery === id)?.snapshotHash;
  const isSame =
    row.status === state.status &&
    row.substatus === state.substatus &&
    row.statusSince === statusSince &&
    snapshotOf(row.shown) === snapshotOf(shown);
  return isSame ? null : "its present state is not what its deliveries tell.";
}

/**
 * How the row of an issue differs from its newest entry, its events, and what its delivery shows; null if it does not.
 */
export function differenceInRow(
  row: IssueRow,
  logged: KeptIssue["logged"],
  issueAt: ReadonlyMap<number, string>,
  { shown: text, naming }: ShownTexts,
): string | null {
  if (issueAt.get(row.lastSeq) !== row.sentryId || logged.some(({ event }) => event.seq > row.lastSeq))
    return `its newest entry is not at position ${row.lastSeq}.`;
  const moved = logged.find(
    ({ event }) => event.projectId !== row.projectId || event.projectSlug !== row.projectSlug,
  );
  if (moved !== undefined) return `the event at position ${moved.event.seq} is counted in another project.`;
  if (!isJson(text) || !isJson(naming)) return null;
  // The details are in the body alone, which may be pruned.
  const { details: _details, ...shown } = shownColumns({
    delivery: row.shown,
    snapshot: withProjectOf(snapshotFrom(text), naming),
  });
  const wrong = (Object.keys(shown) as (keyof typeof shown)[]).find((name) => shown[name] !== row[name]);
  return wrong === undefined ? null : `its ${wrong} is not what its delivery ${row.shown} shows.`;
}

/** All derived parts of an event, as text. */
function signatureOf(event: Omit<IssueEvent, "role"> & { readonly role: string }): string {
  const { place, delivery, role, source, action, actionRaw, actor, assignee, transition } = event;
  const { occurredAt, occurredAfter } = event;
  return JSON.stringify([
    Buffer.from(place).toString("hex"),
    [delivery, role, source, action, actionRaw, occurredAt, occurredAfter],
    actor && [actor.type, actor.sentryId, actor.name],
    assignee && [assignee.type, assignee.sentryId, assignee.name, assignee.email],
    transition && [transition.kind, transition.to.status, transition.to.substatus],
    transition?.from && [transition.from.status, transition.from.substatus],
  ]);
}
