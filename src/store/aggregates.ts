import type { AnyColumn, SQL } from "drizzle-orm";
import type { DurationFigures } from "../domain/statistics.ts";

/**
 * What the databases write differently in a statistic: what a million rows come to, in one row. SQLite hands the values
 * over as one text to the thread that asks, which reckons faster than it; PostgreSQL's client is the thread that answers
 * requests, so PostgreSQL reckons itself.
 */
export interface Aggregates {
  /** How long what the column says took: milliseconds; null does not count. */
  readonly durations: (column: AnyColumn | SQL) => Aggregate<DurationFigures>;
  /** The same of texts that hold several, separated by commas. */
  readonly listedDurations: (column: AnyColumn | SQL) => Aggregate<DurationFigures>;
  /** As `durations`, of the rows that have each of the words in `by`, in the words' order, then of all others. */
  readonly durationsBy: (
    column: AnyColumn | SQL,
    by: AnyColumn | SQL,
    words: readonly string[],
  ) => Aggregate<readonly DurationFigures[]>;
  /** How many rows have each of the words. */
  readonly counts: <Word extends string>(
    column: AnyColumn | SQL,
    words: readonly Word[],
  ) => Aggregate<ReadonlyMap<Word, number>>;
  /**
   * A table `part` of these stretches of whole numbers, with the columns `place` (counting from 0), `low` and `high`. Binds
   * the same few variables however many they are.
   */
  readonly parts: (stretches: readonly (readonly [low: number, high: number])[]) => SQL;
}

/** A text that the database makes of rows, null perhaps where there are none, and what it says. */
export type Aggregate<Answer> = {
  readonly told: SQL<string | null>;
  readonly read: (told: string | null) => Answer;
};
