import { lexicographicSortSchema, printSchema } from "graphql";
import { builder } from "./builder.ts";
import "./scalars.ts";
import "./node.ts";
import "./issue.ts";
import "./event.ts";
import "./project.ts";
import "./transition.ts";
import "./statistics.ts";
import "./delivery.ts";
import "./feed.ts";
import "./issue-changed.ts";
import "./status-transitioned.ts";

/** Not sorted: GraphiQL shows fields in the order in which the files define them. */
export const schema = builder.toSchema({ sortSchema: false });

/** The schema as text, sorted, as in `schema.graphql`. */
export function printedSchema(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
