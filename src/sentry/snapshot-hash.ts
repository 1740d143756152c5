import { hash } from "node:crypto";
import type { Json, JsonObject } from "../domain/issue.ts";

/**
 * Hashes one of Sentry's issue objects: 32 hex digits of SHA-256, equal for the same JSON in whatever order of keys.
 * Fields that are not read count as well, because `raw` shows them.
 * @param statusRaw the issue's status, which the object may not have.
 */
export function snapshotHashOf(issue: JsonObject, statusRaw: string): string {
  return hash("sha256", JSON.stringify([statusRaw, ordered(issue)])).slice(0, 32);
}

/** A form that is equal for values that differ only in the order of keys. Lists are built faster than objects. */
function ordered(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return ["list", ...value.map(ordered)];
  // `Array.isArray` does not narrow a readonly array away.
  const map = value as JsonObject;
  const entries: Json[] = ["map"];
  for (const key of Object.keys(map).sort()) entries.push(key, ordered(map[key]!));
  return entries;
}
