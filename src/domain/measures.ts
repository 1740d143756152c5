import type { IssueEvent, TransitionKind } from "./event.ts";
import { issueStatusOf, type IssueStatus } from "./issue.ts";

/** What ends with an event of a history: all that statistics of the time in which it occurred need to know of before. */
export type Measures = {
  /** How long the status that it left had lasted; null where it left none. */
  readonly stayMs: number | null;
  /** A transition to RESOLVED: the time from each opening, regression and reopening that it is the next resolve of. */
  readonly resolvedAfterMs: readonly number[];
  /** The first triage of an issue that was opened: the time from then. */
  readonly triagedAfterMs: number | null;
  /** A transition to RESOLVED that did not last: a regression or a reopening is the next to another status. */
  readonly isUndone: boolean;
};

export const nothingMeasured: Measures = {
  stayMs: null,
  resolvedAfterMs: [],
  triagedAfterMs: null,
  isUndone: false,
};

/** The kinds that a resolve ends, where they lead into UNRESOLVED. */
const beginnings: readonly TransitionKind[] = ["OPENED", "DISCOVERED", "REGRESSED", "REOPENED"];
const undoings: readonly TransitionKind[] = ["REGRESSED", "REOPENED"];

/** Measures the events of one history, given one after the other in its order. */
export class Measurer {
  #isEmpty = true;
  #status: IssueStatus | null = null;
  /** When the status began. */
  #since = 0;
  /** When what the next resolve ends began. */
  #unresolved: number[] = [];
  /** When the issue was opened, until it is triaged; null where it was not, or is. */
  #untriaged: number | null = null;
  /** The resolves of the present stay in RESOLVED, with what was measured of them. */
  #resolves: { readonly event: IssueEvent; readonly measures: Measures }[] = [];

  /** Resolves that what comes may undo, with what was measured of them. */
  get undoable(): readonly { readonly event: IssueEvent; readonly measures: Measures }[] {
    return this.#resolves;
  }

  /** One that goes on from here, and leaves this one as it is. */
  copy(): Measurer {
    const copied = new Measurer();
    copied.#isEmpty = this.#isEmpty;
    copied.#status = this.#status;
    copied.#since = this.#since;
    copied.#unresolved = [...this.#unresolved];
    copied.#untriaged = this.#untriaged;
    copied.#resolves = [...this.#resolves];
    return copied;
  }

  /** What the event ends, and those before it that are undone by it, with all that is now known of them. */
  add(event: IssueEvent): {
    readonly measures: Measures;
    readonly undone: readonly { readonly event: IssueEvent; readonly measures: Measures }[];
  } {
    const { transition, occurredAt } = event;
    const status = transition === null ? null : issueStatusOf(transition.to.status);
    const triagedAfterMs = this.#triagedAfter(event, status);
    if (transition === null || status === null)
      return { measures: { ...nothingMeasured, triagedAfterMs }, undone: [] };

    const { kind } = transition;
    const isResolve = kind === "RESOLVED";
    const leaves = status !== this.#status;
    const measures: Measures = {
      stayMs: leaves && this.#status !== null ? occurredAt - this.#since : null,
      resolvedAfterMs: isResolve ? this.#unresolved.map((began) => occurredAt - began) : [],
      triagedAfterMs,
      isUndone: false,
    };
    if (leaves) this.#since = occurredAt;
    this.#status = status;
    if (isResolve) this.#unresolved = [];
    else if (status === "UNRESOLVED" && beginnings.includes(kind)) this.#unresolved.push(occurredAt);

    const undone =
      status !== "RESOLVED" && undoings.includes(kind)
        ? this.#resolves.map((one) => ({ ...one, measures: { ...one.measures, isUndone: true } }))
        : [];
    if (status !== "RESOLVED") this.#resolves = [];
    else if (isResolve) this.#resolves.push({ event, measures });
    return { measures, undone };
  }

  #triagedAfter({ action, transition, occurredAt }: IssueEvent, status: IssueStatus | null): number | null {
    if (this.#isEmpty) {
      this.#isEmpty = false;
      const isOpened = transition?.kind === "OPENED" || transition?.kind === "DISCOVERED";
      if (isOpened && status === "UNRESOLVED") this.#untriaged = occurredAt;
      return null;
    }
    if (this.#untriaged === null) return null;
    if (action !== "ASSIGNED" && status !== "RESOLVED" && status !== "IGNORED") return null;
    const took = occurredAt - this.#untriaged;
    this.#untriaged = null;
    return took;
  }
}

/**
 * What each event of a history ends, and a measurer for those to come.
 *
 * @param before what has measured the events before these; of those, what these may change is told as well.
 */
export function measure(
  history: readonly IssueEvent[],
  before = new Measurer(),
): {
  readonly measurer: Measurer;
  readonly measured: Map<IssueEvent, Measures>;
} {
  const measurer = before.copy();
  const measured = new Map(before.undoable.map(({ event, measures }) => [event, measures]));
  for (const event of history) {
    const { measures, undone } = measurer.add(event);
    measured.set(event, measures);
    for (const earlier of undone) measured.set(earlier.event, earlier.measures);
  }
  return { measurer, measured };
}
