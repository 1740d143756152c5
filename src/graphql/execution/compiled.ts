import {
  BREAK,
  coerceInputValue,
  GraphQLScalarType,
  GraphQLSchema,
  isNonNullType,
  Kind,
  OperationTypeNode,
  typeFromAST,
  TypeInfo,
  valueFromAST,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLInputType,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type TypeNode,
} from "graphql";
import { compileQuery, isCompiledQuery, type CompiledQuery } from "graphql-jit";
import { isReadFailure } from "../../domain/failure.ts";
import type { Execute } from "./execute.ts";

type Variables = Readonly<Record<string, unknown>>;

type Compiled =
  | {
      readonly is: "compiled";
      readonly query: CompiledQuery["query"];
      /** The given variables, checked and coerced; null if one of them is wrong. */
      readonly variables: (given: Variables) => Variables | null;
    }
  | { readonly is: "seen"; readonly times: number }
  | { readonly is: "not to be compiled" };

/** How often a document is executed before it is compiled: compiling takes as long as a few executions. */
const timesBefore = 2;

/** Most fields in a document that is compiled: a larger one takes long, and blocks the event loop meanwhile. */
const maxFields = 300;

/**
 * Compiles a query that is asked for repeatedly into a function, which is faster than walking its document. Does the
 * same for a subscription, which is executed for every entry that it tells.
 *
 * The answer is the same as that of `execute`. Variables are checked before, as graphql-js checks them. A query that
 * ends in an error other than a failed read is executed again by `execute`, which is safe in a schema that only reads.
 * A compiled query lives as long as its parsed document.
 */
export function compiled(execute: Execute): Execute {
  const known = new WeakMap<DocumentNode, Compiled>();

  function compiledOf(args: ExecutionArgs): Extract<Compiled, { is: "compiled" }> | null {
    const { document } = args;
    const found = known.get(document) ?? { is: "seen", times: 0 };
    switch (found.is) {
      case "compiled":
        return found;
      case "not to be compiled":
        return null;
      case "seen": {
        const isDue = found.times + 1 > timesBefore;
        const next = isDue ? compile(args) : ({ is: "seen", times: found.times + 1 } as const);
        known.set(document, next);
        return next.is === "compiled" ? next : null;
      }
    }
  }

  return (args) => {
    const found = compiledOf(args);
    const variables = found?.variables(args.variableValues ?? {});
    if (found === null || variables == null) return execute(args);
    const orAgain = (result: ExecutionResult) =>
      result.errors === undefined || isOfStore(result.errors) ? result : execute(args);
    const result = found.query(args.rootValue, args.contextValue, variables);
    return "then" in result ? result.then(orAgain) : orAgain(result);
  };
}

/** True if a read of the store failed. It is not tried again: it may have taken all the time there was. */
function isOfStore(errors: readonly GraphQLError[]): boolean {
  return errors.some(({ originalError }) => isReadFailure(originalError));
}

function compile({ schema, document }: ExecutionArgs): Compiled {
  const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  const [only, ...others] = operations;
  if (
    only === undefined ||
    only.operation === OperationTypeNode.MUTATION ||
    others.length > 0 ||
    isLeftToGraphQL(document) ||
    fieldsIn(document) > maxFields
  )
    return { is: "not to be compiled" };
  const compiled = compileQuery(withAnything(schema), withUncheckedVariables(document));
  if (!isCompiledQuery(compiled)) return { is: "not to be compiled" };
  return { is: "compiled", query: compiled.query, variables: variablesOf(only, document, schema) };
}

/**
 * True for what a compiled query would answer otherwise than graphql-js: introspection, since the schema that is compiled
 * against has one type more than the real one; and conditions, since graphql-jit leaves a fragment out that is spread again
 * without one, and gives a field the place of where it was left out.
 */
function isLeftToGraphQL(document: DocumentNode): boolean {
  let isLeft = false;
  const leaveIf = (name: string, ...names: readonly string[]) => {
    if (!names.includes(name)) return;
    isLeft = true;
    return BREAK;
  };
  visit(document, {
    Field: ({ name }) => leaveIf(name.value, "__schema", "__type"),
    Directive: ({ name }) => leaveIf(name.value, "skip", "include"),
  });
  return isLeft;
}

/**
 * Does what `getVariableValues` does, without looking the variables' types up each time. It also refuses null for a
 * variable that has a default and is used where null is not allowed (specification, 5.8.5): graphql-js finds this where
 * the variable is used, and a compiled query does not check it there.
 */
function variablesOf(
  { variableDefinitions = [] }: OperationDefinitionNode,
  document: DocumentNode,
  schema: GraphQLSchema,
) {
  const neverNull = neverNullIn(document, schema);
  const variables = variableDefinitions.map(({ variable, type: node, defaultValue }) => {
    // The document is valid.
    const type = typeFromAST(schema, node) as GraphQLInputType;
    const byDefault = defaultValue === undefined ? undefined : valueFromAST(defaultValue, type);
    const name = variable.name.value;
    return { name, type, byDefault, mayBeNull: !neverNull.has(name) };
  });
  return (given: Variables): Variables | null => {
    const values: Record<string, unknown> = {};
    try {
      for (const { name, type, byDefault, mayBeNull } of variables) {
        if (Object.hasOwn(given, name)) {
          if (given[name] === null && !mayBeNull) return null;
          values[name] = coerceInputValue(given[name], type, stop);
        } else if (byDefault !== undefined) values[name] = byDefault;
        else if (isNonNullType(type)) return null;
      }
    } catch (error) {
      if (error !== wrongValue) throw error;
      return null;
    }
    return values;
  };
}

/** The names of the variables that the document uses anywhere where null is not allowed. */
function neverNullIn(document: DocumentNode, schema: GraphQLSchema): ReadonlySet<string> {
  const names = new Set<string>();
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Variable({ name: { value } }) {
        if (isNonNullType(types.getInputType())) names.add(value);
      },
    }),
  );
  return names;
}

const wrongValue = new Error("A variable has a wrong value.");

/** Stops at the first wrong value: a list may have ten thousand more, each of which takes as long. */
function stop(): never {
  throw wrongValue;
}

/** A scalar that takes a variable's value as it is. */
const anything = new GraphQLScalarType({ name: "Anything__" });
const anythingNode: TypeNode = {
  kind: Kind.NAMED_TYPE,
  name: { kind: Kind.NAME, value: anything.name },
};

const extended = new WeakMap<GraphQLSchema, GraphQLSchema>();

function withAnything(schema: GraphQLSchema): GraphQLSchema {
  const known = extended.get(schema);
  if (known !== undefined) return known;
  const config = schema.toConfig();
  const made = new GraphQLSchema({ ...config, types: [...config.types, anything], assumeValid: true });
  extended.set(schema, made);
  return made;
}

/**
 * The document with variables that take any value, because they are checked before. The compiler's own checks would
 * take minutes: they unfold the type of a filter, which contains itself.
 */
function withUncheckedVariables(document: DocumentNode): DocumentNode {
  const definitions = document.definitions.map((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return definition;
    const variableDefinitions = definition.variableDefinitions?.map(({ kind, variable }) => ({
      kind,
      variable,
      type: anythingNode,
    }));
    return {
      ...definition,
      ...(variableDefinitions && { variableDefinitions }),
    } satisfies OperationDefinitionNode;
  });
  return { ...document, definitions };
}

/** The number of fields in the document with its fragments expanded. It is valid, so no fragment spreads itself. */
function fieldsIn({ definitions }: DocumentNode): number {
  const counted = new Map<string, number>();

  function fieldsOf({ selections }: SelectionSetNode): number {
    let fields = 0;
    for (const selection of selections) {
      switch (selection.kind) {
        case Kind.FIELD:
          fields += 1 + (selection.selectionSet === undefined ? 0 : fieldsOf(selection.selectionSet));
          break;
        case Kind.INLINE_FRAGMENT:
          fields += fieldsOf(selection.selectionSet);
          break;
        case Kind.FRAGMENT_SPREAD:
          fields += fieldsOfFragment(selection.name.value);
      }
    }
    return fields;
  }

  function fieldsOfFragment(name: string): number {
    const known = counted.get(name);
    if (known !== undefined) return known;
    const fragment = definitions.find(
      (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === name,
    );
    const fields = fragment?.kind === Kind.FRAGMENT_DEFINITION ? fieldsOf(fragment.selectionSet) : 0;
    counted.set(name, fields);
    return fields;
  }

  return definitions.reduce(
    (sum, one) => (one.kind === Kind.OPERATION_DEFINITION ? sum + fieldsOf(one.selectionSet) : sum),
    0,
  );
}
