import type { Moment } from "../../domain/filter.ts";
import { errorOf } from "../errors.ts";

/** What GraphQL gives for an input that stands for `Data`: everything in it may be null or left out. */
export type InputOf<Data> = Data extends Moment | string | number | boolean
  ? Data
  : Data extends readonly (infer Item)[]
    ? InputOf<Item>[]
    : { [Name in keyof Data]?: InputOf<NonNullable<Data[Name]>> | null | undefined };

/**
 * The filter as data. What is given as null counts as not given. No filter is `{}`, which matches everything.
 * @throws GraphQLError BAD_USER_INPUT if it nests too deeply, compares too often, or has too long a list.
 */
export function filterOf<Filter extends object>(input: InputOf<Filter> | null | undefined): Filter {
  // The two types differ only by the nulls that `withoutNulls` removes, which the compiler cannot see.
  const filter = withoutNulls(input ?? {}, 1) as Filter;
  if (comparisonsIn(filter) > mostComparisons)
    throw errorOf("BAD_USER_INPUT", `A filter makes at most ${mostComparisons} comparisons.`);
  return filter;
}

/**
 * The size of a filter or a part of one, as a request gives it: the number of its objects and values, where a text
 * counts one more per 100 characters. The value is unchecked, but nests no deeper than a request may.
 */
export function sizeOfInput(value: unknown): number {
  if (value == null) return 0;
  if (typeof value === "string") return 1 + Math.floor(value.length / 100);
  if (typeof value !== "object") return 1;
  const inner = Object.values(value);
  // A list that is too long is refused unread.
  if (Array.isArray(value) && inner.length > longestList) return 0;
  return inner.reduce((sum: number, one) => sum + sizeOfInput(one), Array.isArray(value) ? 0 : 1);
}

/** Most values in one list of a filter. */
const longestList = 1000;
/** How deep filters may nest, the outermost one included. */
const deepestFilter = 8;
/** A statement takes some 30,000 parameters. A comparison has up to 8, and statistics use a filter twice. */
const mostComparisons = 2000;
/** The fields that hold filters themselves. */
const nesting: ReadonlySet<string> = new Set(["and", "or", "not", "issue"]);

function withoutNulls(value: unknown, depth: number): unknown {
  if (depth > deepestFilter) throw errorOf("BAD_USER_INPUT", `Filters nest at most ${deepestFilter} deep.`);
  if (Array.isArray(value)) {
    if (value.length > longestList) {
      throw errorOf("BAD_USER_INPUT", `A list in a filter holds at most ${longestList} values.`);
    }
    return value.map((item) => withoutNulls(item, depth));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, operand]) => operand != null)
      .map(([name, operand]) => [name, withoutNulls(operand, nesting.has(name) ? depth + 1 : depth)]),
  );
}

/** How many operators were given. A list of values is one. */
function comparisonsIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  if (!Array.isArray(value))
    return Object.values(value).reduce((sum: number, inner) => sum + comparisonsIn(inner), 0);
  return value.every((item) => typeof item !== "object")
    ? 1
    : value.reduce((sum: number, inner) => sum + comparisonsIn(inner), 0);
}
