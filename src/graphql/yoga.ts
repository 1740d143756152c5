import type { ExecutionArgs, ExecutionResult } from "graphql";
import { createYoga } from "graphql-yoga";
import type { Report } from "../observability/report.ts";
import type { AskedBy } from "../store/asked-by.ts";
import { createContext, type Asking, type Context, type Services } from "./context.ts";
import { createDocumentLimits, type DocumentLimitOptions } from "./limits/document-limits.ts";
import { createDocuments } from "./caching/documents.ts";
import { maskErrors } from "./errors.ts";
import { createExecute } from "./execution/execute.ts";
import type { ExecutionLimits } from "./execution/limits.ts";
import { createWrongVariables } from "./execution/wrong-variables.ts";
import { graphiQLTabs } from "./graphiql-tabs.ts";
import { useErrorCodes } from "./plugins/use-error-codes.ts";
import { useEventStreams } from "./plugins/use-event-streams.ts";
import { useExecute } from "./plugins/use-execute.ts";
import { useGraphiQL } from "./plugins/use-graphiql.ts";
import { useJsonRequests } from "./plugins/use-json-requests.ts";
import { useLive } from "./plugins/use-live.ts";
import { useLimits } from "./plugins/use-limits.ts";
import { useMaxTokens } from "./plugins/use-max-tokens.ts";
import { useNoIntrospection } from "./plugins/use-no-introspection.ts";
import { useNoMutations } from "./plugins/use-no-mutations.ts";
import { useWholeSubscriptions } from "./plugins/use-whole-subscriptions.ts";
import { schema } from "./schema.ts";
import { createTextCache } from "./caching/text-cache.ts";

export type GraphQLOptions = Omit<Services, "mostValues"> & {
  readonly report: Pick<Report, "resolverFailed" | "readFailed">;
  readonly limits: GraphQLLimits;
  /** Whether a browser's GET is answered with GraphiQL. */
  readonly graphiql: boolean;
  /** Whether clients may ask for the schema. */
  readonly introspection: boolean;
  readonly askedBy: AskedBy;
};

export type GraphQL = ReturnType<typeof createGraphQL>;

export const graphqlPath = "/graphql";

/** What one request may ask for, and all of them together. */
export type GraphQLLimits = DocumentLimitOptions &
  ExecutionLimits & {
    /** Most tokens in a document. GraphiQL's introspection query has about 300. */
    readonly tokens: number;
  };

/** A query whose document the plugins have found valid. */
export type ValidQuery = Pick<ExecutionArgs, "document" | "operationName" | "variableValues">;

/**
 * The GraphQL endpoint. `fetch` answers a body already read; `handleNodeRequestAndResponse` anything else. Every call
 * says who asks. Every way in must pass the plugins: parse and validate only with `getEnveloped`.
 */
export function createGraphQL({
  report,
  limits,
  graphiql,
  introspection,
  askedBy,
  ...given
}: GraphQLOptions) {
  const services: Services = { ...given, mostValues: limits.cost };
  const maskError = maskErrors(report);
  const documentLimits = createDocumentLimits(limits, services.clock);
  const wrongVariables = createWrongVariables({ suggests: introspection });
  const execute = createExecute({ documentLimits, limits, wrongVariables, askedBy });
  const { fetch, handleNodeRequestAndResponse, getEnveloped } = createYoga<Asking, Context>({
    schema,
    context: (asking) => createContext(services, asking),
    graphqlEndpoint: graphqlPath,
    maskedErrors: { maskError },
    parserAndValidationCache: { documentCache: createTextCache(), errorCache: createTextCache() },
    plugins: [
      useMaxTokens(limits.tokens),
      useLimits(documentLimits),
      useWholeSubscriptions(),
      useNoMutations(),
      ...(introspection ? [] : [useNoIntrospection()]),
      useErrorCodes(),
      useJsonRequests(),
      useEventStreams(),
      useLive({ mask: maskError, wrongVariables }),
      useExecute(execute),
      ...(graphiql
        ? [
            useGraphiQL({
              path: graphqlPath,
              options: { title: "Issuewire", defaultTabs: [...graphiQLTabs] },
            }),
          ]
        : []),
    ],
    // `useGraphiQL` and `useJsonRequests` do these, and callers bound the size of bodies.
    graphiql: false,
    maxRequestBodySize: false,
    multipart: false,
    batching: false,
    // `answerOrigin` does it for every answer, refusals before Yoga included.
    cors: false,
    landingPage: false,
    logging: false,
  });
  return {
    fetch,
    handleNodeRequestAndResponse,
    getEnveloped,
    /** Shared by all ways in that cache documents. */
    documents: createDocuments(),
    /**
     * Executes a query as the pipeline of `getEnveloped` does, but without its hooks, which take as long as a quick
     * query. Does here what plugins do about executions. Never rejects.
     */
    async execute(query: ValidQuery, asking: Asking): Promise<ExecutionResult> {
      try {
        const contextValue = createContext(services, asking);
        const result = await execute({ ...query, schema, contextValue });
        return result.errors === undefined ? result : { ...result, errors: result.errors.map(maskError) };
      } catch (error) {
        return { errors: [maskError(error)] };
      }
    },
  };
}
