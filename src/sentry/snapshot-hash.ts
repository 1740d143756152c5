import { hash } from "node:crypto";
import type { Json, JsonObject, Snapshot } from "../domain/issue.ts";
import type { IssueObject } from "./issue-object.ts";

/**
 * 32 hex digits of SHA-256 that are equal for two snapshots when they show the same issue in every field, whatever the
 * order in which the keys of its open maps came. The reader orders all others.
 */
export function snapshotHashOf(
  { fields, details }: Pick<IssueObject, "fields" | "details">,
  written: Snapshot["written"],
): string {
  const shown = [
    withOrdered(written.fields, fields.statusDetails),
    withOrdered(written.details, details.metadata),
  ];
  return hash("sha256", `[${shown.join(",")}]`).slice(0, 32);
}

/** The JSON in which this map is the first object, with its keys in order. */
function withOrdered(json: string, map: JsonObject): string {
  // Nothing else in `json` is written again: that is most of the work.
  return Object.keys(map).length === 0
    ? json
    : json.replace(JSON.stringify(map), () => JSON.stringify(ordered(map)));
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
