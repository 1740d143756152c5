/** Equal for two events if and only if they have the same place in the history of the same issue. */
export function placeKey(issueId: string, place: Uint8Array): string {
  return `${issueId} ${Buffer.from(place.buffer, place.byteOffset, place.byteLength).toString("latin1")}`;
}
