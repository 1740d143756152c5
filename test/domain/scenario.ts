import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import type { Claim, Facts } from "../../src/domain/delivery.ts";
import type { IssueEvent } from "../../src/domain/event.ts";
import type { Entry } from "../../src/domain/entry.ts";
import { addDelivery, deriveHistory, type Change } from "../../src/domain/history.ts";
import { startWalk } from "../../src/domain/walk.ts";
import type { State } from "../../src/domain/issue.ts";
import { comparePlaces } from "../../src/domain/order.ts";

/** A delivery before it arrives. */
export type Sent = Omit<Facts, "delivery">;

type More = Partial<Omit<Sent, "lastSeen">> & {
  /** A time like `sentAt`, with a fraction. If not given it is null, and so neither newer nor older than anything. */
  readonly lastSeen?: string;
  /** Equal for equal bytes. If not given, the delivery has its own. */
  readonly body?: string;
};

/**
 * A delivery in the words of a test: when it was sent ("08:00:05", or "18 08:00:05" for a later day of October 2026),
 * what it says ("resolved", or "alert status_resolved") and what it shows ("unresolved/new", or "resolved").
 */
export function sent(time: string, says: string, shows: string, more: More = {}): Sent {
  const action = says.replace(/^alert /, "");
  const resource = says === action ? "issue" : "activity";
  const { lastSeen, body = `${time} ${says} ${shows} ${JSON.stringify(more)}`, ...rest } = more;
  const facts = {
    sentAt: timeOf(time),
    resource,
    action,
    claim: claimOf(action),
    state: stateOf(shows),
    lastSeen: lastSeen === undefined ? null : microsOf(lastSeen),
    count: null,
    assignee: null,
    namesProject: true,
    actor: null,
    idempotencyKey: null,
    requestId: `${time} ${body}`,
    sha256: createHash("sha256").update(body).digest("hex"),
    ...rest,
  } as const;
  const { state, count, assignee } = facts;
  return { snapshotHash: JSON.stringify([state, facts.lastSeen, count, assignee]), ...facts };
}

export const ada = { type: "USER", sentryId: "1", name: "Ada" } as const;
export const sentry = { type: "SENTRY", sentryId: "sentry", name: "Sentry" } as const;
export const toAda = { ...ada, email: null } as const;
export const toTeam = { type: "TEAM", sentryId: "9", name: "payments", email: null } as const;

/**
 * The history of these deliveries, one event per line. A delivery is named by its place in the list: "2" is the second.
 * Fails unless every order of arrival leads to it.
 */
export function historyOf(...deliveries: readonly Sent[]): readonly string[] {
  const facts = numbered(deliveries);
  const { events, ...standing } = deriveHistory(facts);
  for (const order of ordersOf(facts)) {
    const walk = startWalk([]);
    const changes = order.map((one) => addDelivery(walk, one));
    const folded = fold(changes.flatMap(({ entries }) => entries));
    if (!isDeepStrictEqual(folded, events)) expect(folded).toEqual(events);
    const { state, statusSince, shown, named } = changes.at(-1)!;
    if (!isDeepStrictEqual({ state, statusSince, shown, named }, standing))
      expect(changes.at(-1)).toMatchObject(standing);
  }
  return events.map(lineOf);
}

/** What each delivery changes, if they arrive in this order. */
export function arrivals(...deliveries: readonly Sent[]): readonly Change[] {
  const walk = startWalk([]);
  return numbered(deliveries).map((facts) => addDelivery(walk, facts));
}

/** The same as lines: an event, what it replaces, and the state of the issue after it. */
export function logOf(...deliveries: readonly Sent[]): readonly (readonly string[])[] {
  return arrivals(...deliveries).map(({ entries }) => entries.map(entryLineOf));
}

/** Facts with ids in the order of the list, as if they had arrived in it. */
export function numbered(deliveries: readonly Sent[]): readonly Facts[] {
  return deliveries.map((facts, i) => ({ ...facts, delivery: i + 1 }));
}

/** The history as a follower of the log has it. Throws if an entry supersedes an event that is not in it. */
export function fold(entries: readonly Entry[]): readonly IssueEvent[] {
  const live = new Set<IssueEvent>();
  for (const { event, supersedes } of entries) {
    // Plain checks, because this runs for thousands of orders.
    for (const old of supersedes) if (!live.delete(old)) throw new Error(`Not in history: ${lineOf(old)}`);
    if (live.has(event)) throw new Error(`In history already: ${lineOf(event)}`);
    live.add(event);
  }
  return [...live].sort((a, b) => comparePlaces(a.place, b.place));
}

export function* ordersOf<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  if (items.length === 0) yield [];
  for (const [i, item] of items.entries())
    for (const rest of ordersOf(items.toSpliced(i, 1))) yield [item, ...rest];
}

/** "09:00:00 REPORTED unresolved/new → resolved RESOLVED by 2", "08:00:05..09:00:00 INFERRED …", "… REPORTED assigned by 2" */
export function lineOf(event: IssueEvent): string {
  const { occurredAt, occurredAfter, source, transition, role, delivery, actionRaw } = event;
  const when = (occurredAfter === null ? "" : `${clock(occurredAfter)}..`) + clock(occurredAt);
  const what =
    transition === null
      ? actionRaw
      : `${transition.from === null ? "–" : textOf(transition.from)} → ${textOf(transition.to)} ${transition.kind}`;
  return `${when} ${source} ${what} ${role === "told" ? "told by" : "by"} ${delivery}`;
}

function entryLineOf({ event, isLate, supersedes, state, statusSince }: Entry): string {
  const old = supersedes.map((one) => ` [not: ${lineOf(one)}]`).join("");
  return `${isLate ? "late " : ""}${lineOf(event)}${old}; ${textOf(state)} since ${clock(statusSince)}`;
}

export function textOf({ status, substatus }: State): string {
  return substatus === null ? status : `${status}/${substatus}`;
}

/** Epoch milliseconds of "08:00:05", "08:00:05.2" or "18 08:00:05". */
export function timeOf(time: string): number {
  const [clockTime, day = "10"] = time.split(" ").reverse();
  return Date.parse(`2026-10-${day}T${clockTime!.length === 5 ? `${clockTime}:00` : clockTime}Z`);
}

function microsOf(time: string): number {
  const beyondMillis = /\.\d{3}(\d{3})$/.exec(time)?.[1] ?? "0";
  return timeOf(time) * 1000 + Number(beyondMillis);
}

function clock(time: number): string {
  const text = new Date(time).toISOString();
  const day = text.slice(8, 10) === "10" ? "" : `${text.slice(8, 10)} `;
  return day + text.slice(11, time % 1000 === 0 ? 19 : 23);
}

function stateOf(text: string): State {
  const [status, substatus = null] = text.split("/");
  return { status: status!, substatus };
}

function claimOf(action: string): Claim | null {
  switch (action) {
    case "created":
    case "unresolved":
    case "status_unresolved":
    case "status_regression":
    case "status_escalating":
      return "unresolved";
    case "resolved":
    case "status_resolved":
      return "resolved";
    case "ignored":
    case "archived":
    case "status_ignored":
      return "ignored";
    default:
      return null;
  }
}
