import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./graphql-env.d.ts";

/** Types an operation from its text and the gateway's schema: no code is generated for it. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: {
    BigInt: number;
    Cursor: string;
    DateTime: string;
    DateTimeOrDuration: string;
    JSON: unknown;
    URL: string;
  };
}>();

export type { ResultOf } from "gql.tada";
