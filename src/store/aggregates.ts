import type { AnyColumn, SQL } from "drizzle-orm";
import type { DurationFigures } from "../domain/statistics.ts";

/**
 * The SQL of statistics that differs between the databases: it turns a million rows into one. SQLite returns the values
 * as one text to the thread that asks, which computes faster than SQLite. PostgreSQL computes itself, since its client
 * is the thread that answers requests.
 */
export interface Aggregates {
  /** Figures over the column's durations, in milliseconds; nulls do not count. */
  readonly durations: (column: AnyColumn | SQL) => Aggregate<DurationFigures>;
  /** The same for texts that each hold several durations, separated by commas. */
  readonly listedDurations: (column: AnyColumn | SQL) => Aggregate<DurationFigures>;
  /** As `durations`, for the rows with each of the words in `by`, in the words' order, then for all other rows. */
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
   * A table `part` of these ranges of whole numbers, with the columns `place` (counting from 0), `low` and `high`. The
   * number of variables that it binds is fixed.
   */
  readonly parts: (stretches: readonly (readonly [low: number, high: number])[]) => SQL;
}

/** An aggregate that the database returns as text (null perhaps if there are no rows), and how to read it. */
export type Aggregate<Answer> = {
  readonly told: SQL<string | null>;
  readonly read: (told: string | null) => Answer;
};
