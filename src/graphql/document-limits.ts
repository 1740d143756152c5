import { visit, type DocumentNode, type ExecutionArgs, type GraphQLError, type GraphQLSchema } from "graphql";
import { documentFault, errorOf } from "./errors.ts";
import { sizeOfInput } from "./filter-input.ts";
import { measure, type Measure } from "./measure.ts";
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
  /** By its cost, which depends on its variables: what is said of a document alone is remembered. */
  readonly refusalOf: (args: ExecutionArgs) => GraphQLError | null;
};

/** @param clock in epoch milliseconds. */
export function createDocumentLimits(limits: DocumentLimitOptions, clock: () => number): DocumentLimits {
  const counts = rememberedByDocument(countsOf);
  const measures = rememberedByDocument((document: DocumentNode, schema: GraphQLSchema) => {
    const { lengthVariables, filterVariables } = counts(document);
    // Most often a document comes with pages as large as the last time, and filters alike.
    let last: { readonly lengths: readonly unknown[]; readonly measured: Measure } | undefined;
    return (variables: Readonly<Record<string, unknown>>): Measure => {
      const lengths = [
        ...lengthVariables.map((name) => variables[name]),
        ...filterVariables.map((name) => sizeOfInput(variables[name])),
      ];
      if (last === undefined || !lengths.every((length, at) => length === last!.lengths[at]))
        last = { lengths, measured: measure(document, schema, variables, clock()) };
      return last.measured;
    };
  });

  return {
    refusalOfDocument(document, schema) {
      const { aliases, directives } = counts(document);
      return (
        over("QUERY_TOO_DEEP", "nests", measures(document, schema)({}).depth, limits.depth, "deep") ??
        over("QUERY_TOO_COMPLEX", "has", aliases, limits.aliases, "aliases") ??
        over("QUERY_TOO_COMPLEX", "has", directives, limits.directives, "directives")
      );
    },
    refusalOf({ document, schema, variableValues }) {
      const variables = variableValues ?? {};
      if (nestsDeeperThan(mostNesting, variables))
        return badRequest(`The variables nest more than ${mostNesting} deep.`);
      // Themselves left out.
      if (objectsIn(variables) - 1 > mostObjects)
        return errorOf("BAD_USER_INPUT", `The variables hold more than ${mostObjects} objects.`, {
          http: { status: 400 },
        });
      const { cost } = measures(document, schema)(variables);
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

type Counts = {
  readonly aliases: number;
  readonly directives: number;
  /** The variables that say how many rows a page, or buckets a period, has. */
  readonly lengthVariables: readonly string[];
  /** The variables that filters are in. */
  readonly filterVariables: readonly string[];
};

function countsOf(document: DocumentNode): Counts {
  let [aliases, directives] = [0, 0];
  const lengthVariables = new Set<string>();
  const filterVariables = new Set<string>();
  visit(document, {
    Field: ({ alias }) => {
      if (alias !== undefined) aliases += 1;
    },
    Directive: () => {
      directives += 1;
    },
    Argument: ({ name, value }) => {
      const isFilter = name.value === "filter";
      if (!isFilter && !lengthArguments.has(name.value)) return;
      const found = isFilter ? filterVariables : lengthVariables;
      visit(value, {
        Variable: (variable) => {
          found.add(variable.name.value);
        },
      });
    },
  });
  return {
    aliases,
    directives,
    lengthVariables: [...lengthVariables],
    filterVariables: [...filterVariables],
  };
}

const lengthArguments: ReadonlySet<string> = new Set(["first", "last", "period", "interval"]);
