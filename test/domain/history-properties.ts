import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect } from "vitest";
import type { Facts } from "../../src/domain/delivery.ts";
import type { IssueEvent } from "../../src/domain/event.ts";
import {
  addDelivery,
  deriveHistory,
  eventsLeft,
  historyOf,
  type Change,
  type History,
} from "../../src/domain/history.ts";
import { PastNeededError } from "../../src/domain/walk-past.ts";
import { letGo, startWalk } from "../../src/domain/walk.ts";
import { agree } from "../../src/domain/issue.ts";
import { measure, Measurer, type Measures } from "../../src/domain/measures.ts";
import { compareDeliveries, comparePlaces } from "../../src/domain/order.ts";
import { anyDeliveries, manyReplays } from "./deliveries.ts";
import { fold, textOf } from "./scenario.ts";
import { everyTrouble, lives, type Life, type Trouble } from "./sentry-model.ts";

const noTrouble: Trouble = {
  pace: "racing",
  delaysCreation: false,
  losesWebhooks: false,
  retries: false,
  replays: false,
  stampsLate: false,
  endsQuietly: false,
};

/** Deliveries as Sentry could send them, and others that it never would. */
const deliveries: fc.Arbitrary<readonly Facts[]> = fc.oneof(
  anyDeliveries(14),
  manyReplays(30),
  lives(everyTrouble)
    .map((life) => life.deliveries)
    .filter(({ length }) => length > 0),
);

/** The same in an order of arrival that has nothing to do with the order of sending. */
const arrivals = deliveries.chain((all) => shuffled(all).map((arrived) => ({ all, arrived })));

function shuffled<Item>(items: readonly Item[]): fc.Arbitrary<readonly Item[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length });
}

/**
 * No transition from a state to itself, each from the state that the last one led to, and no time that runs backwards.
 * Only INFERRED events have a window, and history leads to the issue's state.
 */
const historyIsSound = fc.property(deliveries, (all) => {
  const { events, state, statusSince, shown } = deriveHistory(all);
  let before: IssueEvent | null = null;
  let turn: IssueEvent | null = null;
  for (const event of events) {
    check(before === null || before.occurredAt <= event.occurredAt, "time runs backwards", before, event);
    check(
      (event.source === "INFERRED") === (event.occurredAfter !== null),
      "a window is for INFERRED",
      event,
    );
    check((event.occurredAfter ?? -Infinity) <= event.occurredAt, "a window ends before it starts", event);
    before = event;
    if (event.transition === null) continue;
    const { from, to } = event.transition;
    check((from === null) === (turn === null), "only the first transition is from null", event);
    if (from !== null && turn !== null) {
      check(!agree(from, to), "a transition to itself", event);
      check(agree(turn.transition!.to, from), "a transition from elsewhere", turn, event);
    }
    turn = event;
  }
  check(
    turn !== null && agree(turn.transition!.to, state),
    "the state is not where history led",
    turn,
    state,
  );
  check(turn.occurredAt === statusSince, "the state began at another time", turn, statusSince);
  check(
    all.some(({ delivery }) => delivery === shown),
    "nothing shown",
    shown,
  );
});

/** There is one history for every order of arrival; the ids of equal deliveries make no difference. */
const historyKnowsNoArrival = fc.property(arrivals, ({ all, arrived }) => {
  const renamed = arrived.map((facts, i) => ({ ...facts, delivery: i + 1 }));
  const names = new Map(renamed.map(({ delivery, ...facts }) => [delivery, JSON.stringify(facts)]));
  const oldNames = new Map(all.map(({ delivery, ...facts }) => [delivery, JSON.stringify(facts)]));
  const read = (facts: readonly Facts[], nameOf: ReadonlyMap<number, string>) => {
    const { events, shown, named: naming, ...history } = deriveHistory(facts);
    const named = events.map((event) => ({ ...event, delivery: nameOf.get(event.delivery) }));
    return { ...history, events: named, shown: nameOf.get(shown), naming: nameOf.get(naming ?? 0) };
  };
  expect(read(renamed, names)).toEqual(read(all, oldNames));
});

/** In any order of arrival, the walk and the log's entries lead to the history of all deliveries together. */
const logFoldsToHistory = fc.property(arrivals, ({ arrived }) => {
  const walk = startWalk([]);
  const entries = arrived.flatMap((facts, i) => {
    const before = i === 0 ? null : historyOf(walk);
    const change = addDelivery(walk, facts);
    checkChange(change, facts, before, historyOf(walk));
    // An issue's fields change only with an entry.
    const shows = (shown: number | null) => arrived.find(({ delivery }) => delivery === shown)?.snapshotHash;
    if (change.entries.length === 0)
      check(
        shows(change.shown) === shows(change.shownBefore) &&
          shows(change.named) === shows(change.namedBefore),
        "shows another snapshot without an entry",
        facts,
      );
    return change.entries;
  });
  const history = deriveHistory(arrived);
  expect(historyOf(walk)).toEqual(history);
  expect(fold(entries)).toEqual(history.events);
});

/**
 * Whoever follows transitions alone ends with those of the history, except for those withdrawn without a transition in
 * their place. A transition is replaced by one to the same state if there is one: so this also holds for most who
 * follow some transitions only.
 */
const changesFoldToThoseOfHistory = fc.property(arrivals, ({ arrived }) => {
  const walk = startWalk([]);
  const followed = new Set<IssueEvent>();
  for (const facts of arrived) {
    const { entries } = addDelivery(walk, facts);
    const changes = entries.filter(({ event }) => isChange(event));
    for (const { event, supersedes } of changes.length > 0 ? changes : entries) {
      for (const old of supersedes) {
        followed.delete(old);
        const leadsThere = changes.filter((change) => leadsToTheSame(change.event, old));
        check(
          leadsThere.length === 0 || leadsToTheSame(event, old),
          "replaced by a change to another state",
          old,
          event,
        );
      }
      followed.add(event);
    }
  }
  const changes = [...followed].filter(isChange).sort((a, b) => comparePlaces(a.place, b.place));
  expect(changes).toEqual(deriveHistory(arrived).events.filter(isChange));
});

function leadsToTheSame({ transition: a }: IssueEvent, { transition: b }: IssueEvent): boolean {
  return a !== null && b !== null && agree(a.to, b.to);
}

function isChange({ transition }: IssueEvent): boolean {
  return transition !== null;
}

function checkChange(change: Change, facts: Facts, before: History | null, after: History): void {
  const { entries, state, statusSince, shown, named, shownBefore, namedBefore } = change;
  const standing = { events: after.events, state, statusSince, shown, named };
  check(isDeepStrictEqual(standing, after), "a change that leads elsewhere than its walk", change, after);
  check(shownBefore === (before?.shown ?? null), "another snapshot was shown before", change, before);
  check(namedBefore === (before?.named ?? null), "another project was named before", change, before);
  const last = entries.at(-1);
  if (last === undefined) {
    check(
      isDeepStrictEqual({ ...after, shown: null, named: null }, { ...before, shown: null, named: null }),
      "changes without an entry",
      facts,
    );
    return;
  }
  check(isDeepStrictEqual(last.state, state), "the last entry's state is not the issue's", last, state);
  check(last.statusSince === statusSince, "the last entry's state began at another time", last, statusSince);
  let known = before?.state ?? null;
  for (const { event, isLate, supersedes, state: stateByThen } of entries) {
    check(
      isLate || (event.delivery === facts.delivery && supersedes.length === 0),
      "corrects, but is not late",
      event,
    );
    // An event that arrives in its order leads to its own state; a late one leads only to the present state.
    const expected = isLate || event.transition === null ? known : event.transition.to;
    const isExpected = isDeepStrictEqual(stateByThen, state) || isDeepStrictEqual(stateByThen, expected);
    check(isExpected, "an old state is back", event, stateByThen, expected);
    known = stateByThen;
  }
}

/** The same nearly in the order of sending: some arrive a few places later. */
const nearlyInOrder = deliveries.chain((all) => {
  const delays = fc.array(fc.constantFrom(0, 0, 0, 0, 1.5, 3.5, 9.5), {
    minLength: all.length,
    maxLength: all.length,
  });
  return delays.map((delays) => {
    const placed = all.toSorted(compareDeliveries).map((facts, i) => ({ facts, at: i + delays[i]! }));
    return placed.toSorted((a, b) => a.at - b.at).map(({ facts }) => facts);
  });
});

/**
 * A walk that lets go of its oldest stops says of each delivery what a walk that keeps all says, or that it needs them.
 * Durations measured over what it has left are those of the whole history.
 */
const lettingGoChangesNothing = fc.property(
  fc.oneof(
    nearlyInOrder,
    arrivals.map(({ arrived }) => arrived),
  ),
  fc.integer({ min: 1, max: 4 }),
  (arrived, left) => {
    const whole = startWalk([]);
    let [short, settled] = [startWalk([]), new Measurer()];
    const measured = new Map<string, Measures>();
    const keep = (found: Iterable<readonly [IssueEvent, Measures]>): void => {
      for (const [{ place }, measures] of found) measured.set(String(place), measures);
    };
    for (const [i, facts] of arrived.entries()) {
      const expected = addDelivery(whole, facts);
      let change: Change;
      try {
        change = addDelivery(short, facts);
      } catch (error) {
        if (!(error instanceof PastNeededError)) throw error;
        short = startWalk(arrived.slice(0, i));
        settled = new Measurer();
        change = addDelivery(short, facts);
      }
      expect(change).toEqual(expected);
      keep(measure(eventsLeft(short), settled).measured);
      for (const event of letGo(short, left)) settled.add(event);
    }
    for (const [{ place }, measures] of measure(historyOf(whole).events).measured)
      expect(measured.get(String(place))).toEqual(measures);
  },
);

/** Of two deliveries that repeat each other, the second to arrive repeats the first. */
const repetitionIsSymmetric = fc.property(
  arrivals.filter(({ arrived }) => arrived.length > 1),
  ({ arrived: [a, b, ...others] }) => {
    const rest = others.filter(({ sha256 }) => sha256 !== a!.sha256 && sha256 !== b!.sha256);
    const repeatOf = (...order: readonly Facts[]): number | null => {
      const walk = startWalk(rest);
      return order.map((facts) => addDelivery(walk, facts)).at(-1)!.repeatOf;
    };
    if (repeatOf(a!) !== null || repeatOf(b!) !== null) return;
    expect(repeatOf(a!, b!)).toBe(repeatOf(b!, a!) === null ? null : a!.delivery);
  },
);

/** An issue ends as it was last shown, whatever was lost, repeated, replayed or overtaken before. */
const lastSnapshotWins = fc.property(lives({ ...everyTrouble, endsQuietly: true }), (life) => {
  const { state, shown } = deriveHistory(life.deliveries);
  check(agree(state, life.state), "ends in another state", textOf(state), textOf(life.state));
  const last = life.deliveries.find(({ delivery }) => delivery === shown)!;
  check(last.action === "assigned", "shows another snapshot", last);
});

/** If no webhook overtakes another, each told change is REPORTED once, and no other change is. */
const toldChangesAreReported = fc.property(
  lives({ ...noTrouble, pace: "calm", delaysCreation: true, retries: true, stampsLate: true }),
  (life) => {
    fc.pre(life.deliveries.length > 0);
    const told = life.changes.filter(({ isTold, shownBefore }) => isTold && shownBefore !== null);
    // Excludes a return to the state shown before by way of one never shown: its webhook is taken to tell the former.
    fc.pre(told.every(({ shownBefore, to }) => !agree(shownBefore!, to)));
    const { events } = deriveHistory(life.deliveries);
    const reported = transitionsOf(events, "REPORTED").filter(({ transition }) => transition!.from !== null);
    expect(reported.map(({ transition }) => textOf(transition!.to))).toEqual(
      told.map(({ to }) => textOf(to)),
    );
    for (const [i, { occurredAt }] of reported.entries())
      check(Math.abs(occurredAt - told[i]!.at) < 20_000, "reported at another time", reported[i], told[i]);
    for (const event of transitionsOf(events, "INFERRED"))
      check(
        hasTruth(event, life, (change) => !change.isTold),
        "what was told is inferred",
        event,
        life.changes,
      );
  },
);

/** An INFERRED change did happen between its two times. */
const windowsHoldTheTruth = fc.property(lives({ ...noTrouble, losesWebhooks: true }), (life) => {
  fc.pre(life.deliveries.length > 0 && !hasTies(life.deliveries));
  const { events } = deriveHistory(life.deliveries);
  for (const event of transitionsOf(events, "INFERRED")) {
    const report = events[events.indexOf(event) - 1];
    // What follows a report of the same delivery has no time of its own.
    if (report?.delivery === event.delivery && report.transition !== null && report.role === "report")
      continue;
    check(
      hasTruth(event, life, () => true),
      "nothing of that happened then",
      event,
      life.changes,
    );
  }
});

/** The properties of every set of deliveries. Each is asserted as many times as asked for. */
export const historyProperties: Readonly<Record<string, (numRuns: number) => void>> = {
  "tells one story: every transition from where the last one led, to another state, and no time runs backwards":
    holds(historyIsSound),
  "is the same for every order of arrival": holds(historyKnowsNoArrival),
  "is what the entries of the log fold to, whenever deliveries arrive": holds(logFoldsToHistory),
  "is what its changes fold to for whoever follows those alone": holds(changesFoldToThoseOfHistory),
  "is told the same by a walk that lets go of what is old": holds(lettingGoChangesNothing),
  "knows a repetition whichever of the two arrives first": holds(repetitionIsSymmetric),
  "ends in the state that was shown last": holds(lastSnapshotWins),
  "reports each change that Sentry told, once, and infers no other": holds(toldChangesAreReported),
  "gives what it infers a time in which it happened": holds(windowsHoldTheTruth),
};

function holds<Input>(property: fc.IProperty<Input>): (numRuns: number) => void {
  return (numRuns) => fc.assert(property, { numRuns });
}

function transitionsOf(events: readonly IssueEvent[], source: IssueEvent["source"]): readonly IssueEvent[] {
  return events.filter((event) => event.source === source && event.transition !== null);
}

/** Whether two snapshots differ in state, and nothing tells which was taken first. */
function hasTies(all: readonly Facts[]): boolean {
  return all.some((a) =>
    all.some(
      (b) =>
        a.sentAt === b.sentAt && a.lastSeen === b.lastSeen && a.count === b.count && !agree(a.state, b.state),
    ),
  );
}

function hasTruth(
  event: IssueEvent,
  life: Life,
  isMeant: (change: Life["changes"][number]) => boolean,
): boolean {
  return life.changes.some(
    (change) =>
      isMeant(change) &&
      agree(change.to, event.transition!.to) &&
      change.at >= event.occurredAfter! &&
      // Sentry stamps whole seconds.
      change.at < event.occurredAt + 1000,
  );
}

function check(holds: boolean, message: string, ...shown: readonly unknown[]): asserts holds {
  if (!holds) throw new Error(`${message}: ${shown.map((one) => JSON.stringify(one)).join(" ")}`);
}
