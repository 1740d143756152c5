import { hash } from "node:crypto";
import type { Json, JsonObject } from "../domain/issue.ts";

/**
 * 32 hex digits of SHA-256 that are equal for two of Sentry's issue objects when they are the same JSON, whatever the order
 * of their keys. What is not read counts as well, for `raw` shows it.
 * @param statusRaw the issue's status, which the object may not have.
 */
export function snapshotHashOf(issue: JsonObject, statusRaw: string): string {
  return hash("sha256", JSON.stringify([statusRaw, ordered(issue)])).slice(0, 32);
}

/** Equal for two values that differ in nothing but the order of keys. Lists, which are built faster than objects. */
function ordered(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return ["list", ...value.map(ordered)];
  // `Array.isArray` does not narrow a readonly array away.
  const map = value as JsonObject;
  const entries: Json[] = ["map"];
  for (const key of Object.keys(map).sort()) entries.push(key, ordered(map[key]!));
  return entries;
}
