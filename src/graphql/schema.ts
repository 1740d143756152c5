import { lexicographicSortSchema, printSchema } from "graphql";
import { builder } from "./builder.ts";
import "./scalars.ts";
import "./node.ts";
import "./issue.ts";
import "./project.ts";
import "./transition.ts";
import "./statistics.ts";
import "./delivery.ts";
import "./feed.ts";
import "./issue-changed.ts";
import "./status-transitioned.ts";

/** Fields are in the order in which the files name them: GraphiQL shows them so. */
export const schema = builder.toSchema({ sortSchema: false });

/** The schema as text, the same for the same schema: what `schema.graphql` holds. */
export function printedSchema(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
