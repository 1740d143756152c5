import {
  eq,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  ne,
  sql,
  type AnyColumn,
  type SQL,
} from "drizzle-orm";
import { valueTest } from "../domain/comparators.ts";
import type {
  Comparator,
  DateComparator,
  IssueFilter,
  Moment,
  OrderedComparator,
  StringComparator,
} from "../domain/filter.ts";
import { fold } from "../domain/fold.ts";
import { interpret } from "../domain/interpret.ts";
import { momentAt } from "../domain/moment.ts";
import { isStorable } from "../domain/text.ts";
import { all, any, type Condition } from "./condition.ts";
import type { Dialect } from "./dialect.ts";

/** A closed set of words that Sentry spells in lower case, and the word that a column's text stands for. */
export type Vocabulary<Word extends string> = {
  readonly words: readonly Word[];
  readonly wordOf: (raw: string | null) => Word | null;
};

/** A spelling of none of the words: it stands for all that this version does not know. */
const unheardOf = "";

/**
 * Builds conditions that hold if a comparator comes out as `wanted`.
 *
 * Null columns are tested for explicitly, so a null satisfies what it should and nothing else. A comparison that an
 * index serves is written so that it is used, under a `not` as well.
 */
export function comparing(wanted: boolean, dialect: Dialect, now: number) {
  const every = wanted ? all : any;

  return {
    text(column: AnyColumn, comparator: Comparator<string>): Condition {
      return every(interpret<Comparator<string>, Condition>(comparator, exactly(column)));
    },

    /** `folded` is the column with the folded text of `column`. */
    foldedText(column: AnyColumn, folded: AnyColumn, comparator: StringComparator): Condition {
      return every(
        interpret<StringComparator, Condition>(comparator, {
          ...exactly(column),
          contains: (part) => holds(folded, part, dialect.contains),
          startsWith: (part) => holds(folded, part, dialect.startsWith),
        }),
      );
    },

    contains: (folded: AnyColumn, part: string): Condition => holds(folded, part, dialect.contains),

    number(column: AnyColumn, comparator: OrderedComparator): Condition {
      return every(
        interpret<OrderedComparator, Condition>(comparator, {
          eq: (operand) => isEqual(column, operand, wanted),
          neq: (operand) => isEqual(column, operand, !wanted),
          gt: (bound) => compares(column, gt, lte, bound),
          gte: (bound) => compares(column, gte, lt, bound),
          lt: (bound) => compares(column, lt, gte, bound),
          lte: (bound) => compares(column, lte, gt, bound),
          null: (is) => isEmpty(column, is === wanted),
        }),
      );
    },

    date(column: AnyColumn, comparator: DateComparator): Condition {
      const bound = (moment: Moment) => momentAt(moment, now);
      return every(
        interpret<DateComparator, Condition>(comparator, {
          gt: (moment) => compares(column, gt, lte, bound(moment)),
          gte: (moment) => compares(column, gte, lt, bound(moment)),
          lt: (moment) => compares(column, lt, gte, bound(moment)),
          lte: (moment) => compares(column, lte, gt, bound(moment)),
          null: (is) => isEmpty(column, is === wanted),
        }),
      );
    },

    flag(column: AnyColumn, comparator: NonNullable<IssueFilter["isUnhandled"]>): Condition {
      return every(
        interpret<typeof comparator, Condition>(comparator, {
          eq: (operand) => isEqual(column, operand, wanted),
          null: (is) => isEmpty(column, is === wanted),
        }),
      );
    },

    /** Tries the comparator on each word here, so that the database only compares spellings. */
    word<Word extends string>(
      column: AnyColumn,
      { words, wordOf }: Vocabulary<Word>,
      comparator: Comparator<Word>,
    ): Condition {
      const test = valueTest(comparator);
      const accepts = (raw: string | null) => test(wordOf(raw), now) === wanted;
      const known = words.map((word) => word.toLowerCase());
      if (!accepts(unheardOf))
        return any([isOneOf(column, known.filter(accepts), true), accepts(null) && isEmpty(column, true)]);
      const refused = known.filter((raw) => !accepts(raw));
      const isOther = isOneOf(column, refused, false);
      return accepts(null) ? isOther : all([isEmpty(column, false), isOther]);
    },

    /** For a column that holds words as the schema spells them. */
    oneOf: (column: AnyColumn, words: readonly string[]): Condition => isOneOf(column, words, wanted),

    empty: (column: AnyColumn, is: boolean): Condition => isEmpty(column, is === wanted),
  };

  function exactly(column: AnyColumn) {
    return {
      eq: (operand: string) => isEqual(column, operand, wanted),
      neq: (operand: string) => isEqual(column, operand, !wanted),
      in: (operands: readonly string[]) => isOneOf(column, operands, wanted, dialect.among),
      nin: (operands: readonly string[]) => isOneOf(column, operands, !wanted, dialect.among),
      null: (is: boolean) => isEmpty(column, is === wanted),
    };
  }

  function holds(folded: AnyColumn, part: string, isPart: Dialect["contains"]): Condition {
    const text = fold(part);
    return text === "" ? isEmpty(folded, !wanted) : isSo(folded, isPart(folded, text), wanted);
  }

  /** `unless` is the operator that is true of two numbers if and only if `when` is not. */
  function compares(column: AnyColumn, when: typeof gt, unless: typeof gt, bound: number): Condition {
    return wanted ? when(column, bound) : any([isEmpty(column, true), unless(column, bound)]);
  }
}

function isEqual(column: AnyColumn, operand: string | number | boolean, wanted: boolean): Condition {
  if (typeof operand === "string" && !isStorable(operand)) return !wanted;
  if (wanted) return eq(column, operand);
  return column.notNull ? ne(column, operand) : sql`${column} is distinct from ${sql.param(operand, column)}`;
}

/** `among` is for lists that may be long. By default each value is bound on its own, since words are few. */
function isOneOf(
  column: AnyColumn,
  operands: readonly string[],
  wanted: boolean,
  among: Dialect["among"] = (listed, values) => inArray(listed, [...values]),
): Condition {
  const values = [...new Set(operands.filter(isStorable))];
  const [only] = values;
  if (only === undefined) return !wanted;
  return values.length === 1 ? isEqual(column, only, wanted) : isSo(column, among(column, values), wanted);
}

/** `condition` may be null only if the column is. */
function isSo(column: AnyColumn, condition: SQL, wanted: boolean): Condition {
  return wanted ? condition : any([isEmpty(column, true), sql`not (${condition})`]);
}

function isEmpty(column: AnyColumn, wanted: boolean): Condition {
  if (column.notNull) return !wanted;
  return wanted ? isNull(column) : isNotNull(column);
}
