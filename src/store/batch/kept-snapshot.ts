import type { IssueFields, Snapshot } from "../../domain/issue.ts";
import type { Shown } from "../issue-rows.ts";

/** A snapshot from a delivery's kept fields. Its details are empty: only the body has them, and that may be pruned. */
export function snapshotFrom(fields: string): Pick<Snapshot, "fields" | "written"> {
  return {
    fields: JSON.parse(fields) as IssueFields,
    written: { fields, details: "{}" },
  };
}

/** A snapshot that names no project, with the project that another delivery's fields name. */
export function withProjectOf({ fields, written }: Shown["snapshot"], naming: string): Shown["snapshot"] {
  return { fields: { ...fields, project: snapshotFrom(naming).fields.project }, written };
}
