import {
  getOperationAST,
  visit,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { documentFault, errorOf } from "./errors.ts";
import { sizeOfInput } from "./filter-input.ts";
import { lengthOfList, measure, type Measure } from "./measure.ts";
import { mostNesting, mostObjects, nestsDeeperThan, objectsIn } from "./nesting.ts";
import { badRequest } from "./params.ts";
import { rememberedByDocument } from "./remembered.ts";

export type DocumentLimitOptions = {
  /** Fields within each other. */
  readonly depth: number;
  /** Values that an answer may have, roughly. */
  readonly cost: number;
  readonly aliases: number;
  readonly directives: number;
};

/**
 * What documents may ask for, whichever way they come in: QUERY_TOO_DEEP, QUERY_TOO_COMPLEX. Each gives null for one that
 * asks for no more.
 */
export type DocumentLimits = {
  /** By what the document alone tells, before it is compared with the schema. */
  readonly refusalOfDocument: (document: DocumentNode, schema: GraphQLSchema) => GraphQLError | null;
  /** By the cost of the operation that is asked for, which depends on its variables. */
  readonly refusalOf: (args: ExecutionArgs) => GraphQLError | null;
};

/** @param clock in epoch milliseconds. */
export function createDocumentLimits(limits: DocumentLimitOptions, clock: () => number): DocumentLimits {
  const counts = rememberedByDocument(countsOf);
  const measures = rememberedByDocument(
    (operation: OperationDefinitionNode, document: DocumentNode, schema: GraphQLSchema) => {
      const { sizes } = counts(document);
      // Most often an operation comes with pages as large as the last time, and filters alike.
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
      // Themselves left out.
      if (objectsIn(variables) - 1 > mostObjects)
        return errorOf("BAD_USER_INPUT", `The variables hold more than ${mostObjects} objects.`, {
          http: { status: 400 },
        });
      const operation = getOperationAST(document, operationName);
      // Which one to execute is not said: that is refused where it would be executed.
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
  /** What the costs depend on in the variables. */
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
      // Left out, it is what the operation says.
      return value === undefined ? undefined : sizeOf(value);
    }),
  );
  return { operations, aliases, directives, sizes };
}

/** What the cost depends on in a variable that an argument is given: for how long pages, lists and periods are, and filters. */
const sizeOfArgument: Readonly<Record<string, (value: unknown) => unknown>> = {
  first: (size) => size,
  last: (size) => size,
  period: (period) => period,
  interval: (interval) => interval,
  ids: lengthOfList,
  filter: sizeOfInput,
};
