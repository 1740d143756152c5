import type { IssueEvent, TransitionKind } from "./event.ts";
import { issueStatusOf, type IssueStatus } from "./issue.ts";

/** What is measured at an event of a history. With it, statistics of a period need not read events from before. */
export type Measures = {
  /** How long the status that it left had lasted; null if it left none. */
  readonly stayMs: number | null;
  /** For a transition to RESOLVED: the time since each opening, regression and reopening since the previous one. */
  readonly resolvedAfterMs: readonly number[];
  /**
   * For the first triage (assignment, resolve or archive) of an issue: the time since it was opened. Else null, also if
   * the issue was first heard of by a triage: how long it had been open is not known.
   */
  readonly triagedAfterMs: number | null;
  /** For a transition to RESOLVED: true if the issue then left RESOLVED by a regression or a reopening. */
  readonly isUndone: boolean;
};

export const nothingMeasured: Measures = {
  stayMs: null,
  resolvedAfterMs: [],
  triagedAfterMs: null,
  isUndone: false,
};

/** The kinds that a resolve ends, if they lead into UNRESOLVED. */
const beginnings: readonly TransitionKind[] = ["OPENED", "DISCOVERED", "REGRESSED", "REOPENED"];
const undoings: readonly TransitionKind[] = ["REGRESSED", "REOPENED"];

/** Measures the events of one history, given one by one in history order. */
export class Measurer {
  #isEmpty = true;
  #status: IssueStatus | null = null;
  /** When the status began. */
  #since = 0;
  /** When each opening, regression and reopening since the last resolve occurred. */
  #unresolved: number[] = [];
  /** When the issue was opened; null if that is not known, or once it is triaged. */
  #untriaged: number | null = null;
  /** The resolves of the present stay in RESOLVED, with their measures. */
  #resolves: { readonly event: IssueEvent; readonly measures: Measures }[] = [];

  /** Resolves that a later event may undo, with their measures. */
  get undoable(): readonly { readonly event: IssueEvent; readonly measures: Measures }[] {
    return this.#resolves;
  }

  /** An independent copy. */
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

  /** Measures the event. Also returns the resolves that it undoes, with their updated measures. */
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
    const isTriage = action === "ASSIGNED" || status === "RESOLVED" || status === "IGNORED";
    if (this.#isEmpty) {
      this.#isEmpty = false;
      const isOpened = transition?.kind === "OPENED" || transition?.kind === "DISCOVERED";
      if (isOpened && status === "UNRESOLVED" && !isTriage) this.#untriaged = occurredAt;
      return null;
    }
    if (this.#untriaged === null || !isTriage) return null;
    const took = occurredAt - this.#untriaged;
    this.#untriaged = null;
    return took;
  }
}

/**
 * Measures the events of a history. Returns a measurer for later events, and the measures of these events and of
 * earlier resolves that they may undo.
 *
 * @param before the measurer of the events before these; it is not changed.
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
