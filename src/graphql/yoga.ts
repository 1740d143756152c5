import { createYoga } from "graphql-yoga";
import type { Report } from "../observability/report.ts";
import type { AskedBy } from "../store/asked-by.ts";
import { createContext, type Asking, type Context, type Services } from "./context.ts";
import { createDocumentLimits, type DocumentLimitOptions } from "./limits/document-limits.ts";
import { createDocuments, createKnownDocuments } from "./caching/documents.ts";
import { maskErrors } from "./errors.ts";
import { createExecute } from "./execution/execute.ts";
import type { ExecutionLimits } from "./execution/limits.ts";
import { masked } from "./execution/masked.ts";
import { createWrongVariables } from "./execution/wrong-variables.ts";
import { graphiQLTabs } from "./graphiql-tabs.ts";
import { createSubscribe } from "./live/subscribe.ts";
import { createOperations } from "./operation.ts";
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

/**
 * The GraphQL endpoint. `operationOf` is for requests whose parameters are known, `fetch` for a body already read, and
 * `handleNodeRequestAndResponse` for anything else. Every call says who asks. Every document passes the plugins.
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
  const executeMasked = masked(execute, maskError);
  const subscribe = createSubscribe({ execute: executeMasked, wrongVariables, mask: maskError });
  const known = createKnownDocuments();
  const { fetch, handleNodeRequestAndResponse, getEnveloped } = createYoga<Asking, Context>({
    schema,
    context: (asking) => createContext(services, asking),
    graphqlEndpoint: graphqlPath,
    maskedErrors: { maskError },
    // It would keep the errors of documents that are not valid.
    parserAndValidationCache: false,
    plugins: [
      known.plugin,
      useMaxTokens(limits.tokens),
      useLimits(documentLimits),
      useWholeSubscriptions(),
      useNoMutations(),
      ...(introspection ? [] : [useNoIntrospection()]),
      useErrorCodes(),
      useJsonRequests(),
      useEventStreams(),
      useLive(subscribe),
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
    /** What a request asks for, to be begun without Yoga's Request and Response. */
    operationOf: createOperations({
      documents: createDocuments({ pipeline: getEnveloped(), known, mask: maskError }),
      execute: executeMasked,
      subscribe,
      refusalOf: documentLimits.refusalOf,
      services,
    }),
  };
}
