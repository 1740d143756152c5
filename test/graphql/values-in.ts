/** How many fields of an answer have a value. */
export function valuesIn(data: unknown): number {
  if (Array.isArray(data)) return data.reduce<number>((sum, one) => sum + valuesIn(one), 0);
  if (typeof data !== "object" || data === null) return 0;
  return Object.values(data).reduce<number>((sum, one) => sum + 1 + valuesIn(one), 0);
}
