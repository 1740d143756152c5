/** The largest value of GraphQL's Int. */
const largestInt = 2 ** 31 - 1;

/** A count as an Int; a larger one becomes the largest Int. */
export function saturated(count: number): number {
  return Math.min(count, largestInt);
}
