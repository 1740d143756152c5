import { hash } from "node:crypto";
import type { Json, Snapshot } from "../domain/issue.ts";

/**
 * Equal for two snapshots exactly when they show the same issue in every field: 32 hex digits of SHA-256. The order of
 * the keys of open maps says nothing, as in JSON.
 *
 * Not for maps nested so deep that recursion fails; `readPayload` lets none through.
 */
export function snapshotHashOf({ fields, details }: Pick<Snapshot, "fields" | "details">): string {
  // The reader writes every key of both in one order, so only what Sentry wrote has to be sorted.
  const own = JSON.stringify([
    { ...fields, statusDetails: null },
    { ...details, metadata: null },
  ]);
  return hash("sha256", own + sorted(fields.statusDetails) + sorted(details.metadata)).slice(0, 32);
}

function sorted(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(sorted).join()}]`;
  const entries = Object.entries(value as { readonly [key: string]: Json });
  return `{${entries
    .map(([key, inner]) => `${JSON.stringify(key)}:${sorted(inner)}`)
    .sort()
    .join()}}`;
}
