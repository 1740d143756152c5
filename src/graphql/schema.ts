import { lexicographicSortSchema, printSchema } from "graphql";
import { builder } from "./builder.ts";
import "./types/scalars.ts";
import "./types/node.ts";
import "./types/issue.ts";
import "./types/event.ts";
import "./types/project.ts";
import "./types/transition.ts";
import "./types/statistics.ts";
import "./types/delivery.ts";
import "./types/feed.ts";
import "./types/issue-changed.ts";
import "./types/status-transitioned.ts";

/** Not sorted: GraphiQL shows fields in the order in which the files define them. */
export const schema = builder.toSchema({ sortSchema: false });

/** The schema as text, sorted, as in `schema.graphql`. */
export function printedSchema(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
