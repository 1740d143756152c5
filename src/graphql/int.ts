/** The largest value of GraphQL's Int. */
const largestInt = 2 ** 31 - 1;

/** A count as an Int: one that is larger is shown as the largest. */
export function saturated(count: number): number {
  return Math.min(count, largestInt);
}
