/** What a field costs beyond the one value that it is. */
export type Cost = {
  /** So many values more: it takes a statement of its own, and some of these read everything that matches. */
  readonly extra?: number;
  /** True if it evaluates the filter of the enclosing field again. */
  readonly filtersAgain?: boolean;
  /** How many items its list is taken to have. A list with an argument `first` need not say. */
  readonly length?: (given: Given) => number;
};

/** What tells of the length of a list. */
export type Given = {
  /** Most rows on the page of the connection that it is in. */
  readonly pageSize: number;
  /** The length of the statistics' period in milliseconds; null if it is not known. */
  readonly periodMs: number | null;
  /** The value of one of the field's arguments as JSON would have it, unchecked; null if it is left out. */
  readonly argument: (name: string) => unknown;
};

/** For a field, or for a type whose fields each cost this: `extensions: costs(…)`. */
export function costs(cost: Cost): { readonly cost: Cost } {
  return { cost };
}

/** What a field or a type says with `costs`. */
export function costOf(of: { readonly extensions: { readonly cost?: unknown } } | undefined): Cost {
  return (of?.extensions.cost as Cost | undefined) ?? {};
}

/** The length of the list that an argument or a variable is given: GraphQL takes a single value for a list of one. */
export function lengthOfList(value: unknown): number {
  return Array.isArray(value) ? value.length : 1;
}

/**
 * The assumed length of lists that no argument limits; most are shorter. `AnswerSize` counts how long they really are.
 */
export const usualListLength = 10;

/** For a list of the usual length. */
export const usuallyShort = costs({ length: () => usualListLength });
