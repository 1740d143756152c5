import {
  getOperationAST,
  visit,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { documentFault, errorOf } from "../errors.ts";
import { sizeOfInput } from "../filters/filter-input.ts";
import { lengthOfList } from "./costs.ts";
import { measure, type Measure } from "./measure.ts";
import { mostNesting, mostObjects, nestsDeeperThan, objectsIn } from "./nesting.ts";
import { badRequest } from "../params.ts";
import { rememberedByDocument } from "../caching/remembered.ts";

export type DocumentLimitOptions = {
  /** How deep fields may nest. */
  readonly depth: number;
  /** About how many values an answer may have. */
  readonly cost: number;
  readonly aliases: number;
  readonly directives: number;
};

/** What documents may ask for, whichever way they come in. Each check returns an error, or null within the limits. */
export type DocumentLimits = {
  /** By the document alone, before validation: QUERY_TOO_DEEP, or QUERY_TOO_COMPLEX for its aliases and directives. */
  readonly refusalOfDocument: (document: DocumentNode, schema: GraphQLSchema) => GraphQLError | null;
  /**
   * By the variables: QUERY_TOO_COMPLEX for what the operation costs with them, and BAD_REQUEST or BAD_USER_INPUT if
   * they nest too deeply or hold too many objects.
   */
  readonly refusalOf: (args: ExecutionArgs) => GraphQLError | null;
};

/** @param clock in epoch milliseconds. */
export function createDocumentLimits(limits: DocumentLimitOptions, clock: () => number): DocumentLimits {
  const counts = rememberedByDocument(countsOf);
  const measures = rememberedByDocument(
    (operation: OperationDefinitionNode, document: DocumentNode, schema: GraphQLSchema) => {
      const { sizes } = counts(document);
      // Most often pages and filters are as large as the last time, so only the last measure is kept.
      let last: { readonly sizes: readonly unknown[]; readonly measured: Measure } | undefined;
      return (variables: Variables): Measure => {
        const given = sizes.map((sizeIn) => sizeIn(variables));
        if (last === undefined || !given.every((size, at) => size === last!.sizes[at]))
          last = { sizes: given, measured: measure(operation, document, schema, variables, clock()) };
        return last.measured;
      };
    },
  );

  return {
    refusalOfDocument(document, schema) {
      const { operations, aliases, directives } = counts(document);
      const depths = operations.map((operation) => measures(operation, document, schema)({}).depth);
      return (
        over("QUERY_TOO_DEEP", "nests", Math.max(0, ...depths), limits.depth, "deep") ??
        over("QUERY_TOO_COMPLEX", "has", aliases, limits.aliases, "aliases") ??
        over("QUERY_TOO_COMPLEX", "has", directives, limits.directives, "directives")
      );
    },
    refusalOf({ document, operationName, schema, variableValues }) {
      const variables = variableValues ?? {};
      if (nestsDeeperThan(mostNesting, variables))
        return badRequest(`The variables nest more than ${mostNesting} deep.`);
      // Not counting the object of the variables itself.
      if (objectsIn(variables) - 1 > mostObjects)
        return errorOf("BAD_USER_INPUT", `The variables hold more than ${mostObjects} objects.`, {
          http: { status: 400 },
        });
      const operation = getOperationAST(document, operationName);
      // It is not clear which operation is asked for: execution will refuse that.
      if (operation == null) return null;
      const { cost } = measures(operation, document, schema)(variables);
      return over("QUERY_TOO_COMPLEX", "asks for", cost, limits.cost, "values");
    },
  };
}

function over(
  code: "QUERY_TOO_DEEP" | "QUERY_TOO_COMPLEX",
  does: string,
  actual: number,
  limit: number,
  what: string,
): GraphQLError | null {
  if (actual <= limit) return null;
  const many = actual > 1e9 ? "more than 1000000000" : String(actual);
  return errorOf(code, `The document ${does} ${many} ${what}; ${limit} is the limit.`, documentFault);
}

type Variables = Readonly<Record<string, unknown>>;

type Counts = {
  readonly operations: readonly OperationDefinitionNode[];
  readonly aliases: number;
  readonly directives: number;
  /** What costs depend on in the variables. */
  readonly sizes: readonly ((variables: Variables) => unknown)[];
};

function countsOf(document: DocumentNode): Counts {
  let [aliases, directives] = [0, 0];
  const operations: OperationDefinitionNode[] = [];
  const variablesOf = new Map(Object.keys(sizeOfArgument).map((name) => [name, new Set<string>()]));
  visit(document, {
    OperationDefinition: (operation) => {
      operations.push(operation);
    },
    Field: ({ alias }) => {
      if (alias !== undefined) aliases += 1;
    },
    Directive: () => {
      directives += 1;
    },
    Argument: ({ name, value }) => {
      const found = variablesOf.get(name.value);
      if (found === undefined) return;
      visit(value, {
        Variable: (variable) => {
          found.add(variable.name.value);
        },
      });
    },
  });
  const sizes = Object.entries(sizeOfArgument).flatMap(([name, sizeOf]) =>
    [...variablesOf.get(name)!].map((variable) => (variables: Variables) => {
      const value = variables[variable];
      // Undefined if left out: then the operation's default counts.
      return value === undefined ? undefined : sizeOf(value);
    }),
  );
  return { operations, aliases, directives, sizes };
}

/** By argument: what the cost depends on in a variable that it is given, such as the size of a page or a filter. */
const sizeOfArgument: Readonly<Record<string, (value: unknown) => unknown>> = {
  first: (size) => size,
  last: (size) => size,
  period: (period) => period,
  interval: (interval) => interval,
  ids: lengthOfList,
  filter: sizeOfInput,
};
