/** The errors that say that a cursor cannot be resumed after: read the list again. */
const lostPlaces = new Set(["CURSOR_INVALID", "CURSOR_AHEAD", "CURSOR_EXPIRED", "EPOCH_CHANGED"]);

/** True when one of these errors of GraphQL's is such a one. */
export function isPlaceLost(
  errors: readonly { readonly extensions?: Readonly<Record<string, unknown>> }[],
): boolean {
  return errors.some(({ extensions }) => lostPlaces.has(String(extensions?.["code"])));
}
