import type { Bucket } from "../../src/domain/calendar.ts";
import type { LoggedEvent, TransitionKind } from "../../src/domain/event.ts";
import { issueStatusOf, issueStatuses, type Issue } from "../../src/domain/issue.ts";
import { isTransition } from "../../src/domain/transition.ts";

/** One issue that is counted, with its history in order. */
export type Life = { readonly issue: Issue; readonly events: readonly LoggedEvent[] };

type Period = { readonly from: number; readonly to: number };

/** The statistics of these lives, each computed straight from its definition, at any cost. */
export function statisticsOf(lives: readonly Life[], { from, to }: Period) {
  const isIn = ({ occurredAt }: LoggedEvent) => occurredAt >= from && occurredAt < to;
  const histories = lives.map(({ events }) => ({ events, transitions: events.filter(isTransition) }));
  const all = histories.flatMap(({ transitions }) => transitions.filter(isIn));

  const toResolve = histories.flatMap(({ transitions }) =>
    transitions.flatMap((a, index) => {
      const begins = ["OPENED", "DISCOVERED", "REGRESSED", "REOPENED"].includes(a.transition.kind);
      if (!begins || statusAfter(a) !== "UNRESOLVED") return [];
      const b = transitions.slice(index + 1).find(({ transition }) => transition.kind === "RESOLVED");
      return b !== undefined && isIn(b) ? [b.occurredAt - a.occurredAt] : [];
    }),
  );

  const toTriage = histories.flatMap(({ events: [first, ...later] }) => {
    const kind = first?.transition?.kind;
    if ((kind !== "OPENED" && kind !== "DISCOVERED") || statusAfter(first!) !== "UNRESOLVED") return [];
    if (first!.action === "ASSIGNED") return [];
    const b = later.find(
      (event) =>
        event.action === "ASSIGNED" ||
        (event.transition !== null && ["RESOLVED", "IGNORED"].includes(statusAfter(event))),
    );
    return b !== undefined && isIn(b) ? [b.occurredAt - first!.occurredAt] : [];
  });

  const stays = histories.flatMap(({ transitions }) => {
    const changes = transitions.filter(
      (event, index) => index === 0 || statusAfter(event) !== statusAfter(transitions[index - 1]!),
    );
    return changes.flatMap((begin, index) => {
      const end = changes[index + 1];
      return end !== undefined && isIn(end)
        ? [{ status: statusAfter(begin), took: end.occurredAt - begin.occurredAt }]
        : [];
    });
  });

  const resolves = histories.flatMap(({ transitions }) =>
    transitions.flatMap((event, index) => {
      if (event.transition.kind !== "RESOLVED" || !isIn(event)) return [];
      const next = transitions.slice(index + 1).find((later) => statusAfter(later) !== "RESOLVED");
      return [next !== undefined && ["REGRESSED", "REOPENED"].includes(next.transition.kind)];
    }),
  );

  return {
    timeToResolve: figuresOf(toResolve),
    timeToTriage: figuresOf(toTriage),
    timeInStatus: Object.fromEntries(
      issueStatuses.map((status) => [
        status,
        figuresOf(stays.filter((stay) => stay.status === status).map(({ took }) => took)),
      ]),
    ),
    reopenRate: shareOf(resolves.filter((isUndone) => isUndone).length, resolves.length),
    inferredShare: shareOf(all.filter(({ source }) => source === "INFERRED").length, all.length),
  };
}

/** What happened in each bucket, and how many issues were unresolved at its end. */
export function flowModel(lives: readonly Life[], buckets: readonly Bucket[], now: number) {
  const transitions = lives.flatMap(({ events }) => events.filter(isTransition));
  return buckets.map(({ start, end }) => {
    const within = transitions.filter(({ occurredAt }) => occurredAt >= start && occurredAt < end);
    const of = (...kinds: TransitionKind[]) =>
      within.filter(({ transition }) => kinds.includes(transition.kind)).length;
    return {
      start,
      end,
      opened: of("OPENED", "DISCOVERED"),
      resolved: of("RESOLVED"),
      archived: of("ARCHIVED"),
      regressed: of("REGRESSED"),
      escalated: of("ESCALATED"),
      reopened: of("REOPENED"),
      unarchived: of("UNARCHIVED"),
      openAtEnd: lives.filter((life) => statusAt(life, end, now) === "UNRESOLVED").length,
    };
  });
}

function statusAt({ issue, events }: Life, time: number, now: number): string | null {
  if (time >= now) return issueStatusOf(issue.state.status);
  const last = events.filter(isTransition).findLast(({ occurredAt }) => occurredAt < time);
  return last === undefined ? null : statusAfter(last);
}

function statusAfter(event: LoggedEvent): string {
  return issueStatusOf(event.transition?.to.status ?? "");
}

function figuresOf(milliseconds: readonly number[]) {
  const seconds = milliseconds.map((one) => one / 1000).toSorted((a, b) => a - b);
  const n = seconds.length;
  if (n === 0) return { n, seconds: null };
  const nearest = (percent: number) => seconds[Math.ceil((percent * n) / 100) - 1]!;
  const mean = seconds.reduce((sum, one) => sum + one, 0) / n;
  return { n, seconds: { mean, p50: nearest(50), p90: nearest(90), p99: nearest(99) } };
}

function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
