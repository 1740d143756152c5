import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from "graphql";
import { defaultPage, largestPage } from "./connection.ts";

/** How much one document asks for. */
export type Measure = {
  /** Fields within each other: 1 for a root field alone. */
  readonly depth: number;
  /** Most values that an answer may have, and what it takes to find them (`surcharges`). */
  readonly cost: number;
};

/** Lists that no argument limits are usually shorter. */
const usualListLength = 10;

/** What is as dear as so many values: one more statement, one that reads everything that matches. */
const surcharges: Readonly<Record<string, number>> = {
  Query: 10,
  Subscription: 10,
  IssueStats: 100,
  totalCount: 20,
};

/**
 * Measures the dearest operation of a document, which need not be valid: what the schema does not have costs nothing.
 * Each fragment is measured once, however often it is spread.
 */
export function measure(
  document: DocumentNode,
  schema: GraphQLSchema,
  variables: Readonly<Record<string, unknown>>,
): Measure {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const known = new Map<string, Measure>();

  function ofSelections(
    { selections }: SelectionSetNode,
    parent: GraphQLNamedType | undefined,
    pageSize: number,
  ): Measure {
    let [depth, cost] = [0, 0];
    for (const selection of selections) {
      let one: Measure;
      switch (selection.kind) {
        case Kind.FIELD:
          one = ofField(selection, parent, pageSize);
          break;
        case Kind.INLINE_FRAGMENT: {
          const type = selection.typeCondition?.name.value;
          one = ofSelections(
            selection.selectionSet,
            type === undefined ? parent : schema.getType(type),
            pageSize,
          );
          break;
        }
        case Kind.FRAGMENT_SPREAD:
          one = ofFragment(selection.name.value, pageSize);
      }
      depth = Math.max(depth, one.depth);
      cost += one.cost;
    }
    return { depth, cost };
  }

  function ofFragment(name: string, pageSize: number): Measure {
    const key = `${name} ${pageSize}`;
    const measured = known.get(key);
    if (measured !== undefined) return measured;
    const fragment = fragments.get(name);
    // Where it spreads itself, validation says so.
    known.set(key, nothing);
    if (fragment === undefined) return nothing;
    const found = ofSelections(
      fragment.selectionSet,
      schema.getType(fragment.typeCondition.name.value),
      pageSize,
    );
    known.set(key, found);
    return found;
  }

  function ofField(field: FieldNode, parent: GraphQLNamedType | undefined, pageSize: number): Measure {
    const name = field.name.value;
    const own = 1 + (surcharges[name] ?? 0) + (surcharges[parent?.name ?? ""] ?? 0);
    // How deep a question about the schema may be is graphql-js's own rule; it reads nothing.
    if (name.startsWith("__")) return { depth: 1, cost: own };
    const type = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name]?.type : undefined;
    if (field.selectionSet === undefined || type === undefined) return { depth: 1, cost: own };
    const named = getNamedType(type);
    const below = ofSelections(
      field.selectionSet,
      isCompositeType(named) ? named : undefined,
      pageSizeOf(field, variables),
    );
    const times = isListType(getNullableType(type)) ? lengthOf(field, parent, pageSize, variables) : 1;
    return { depth: 1 + below.depth, cost: own + times * below.cost };
  }

  let most = nothing;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const root = schema.getRootType(definition.operation) ?? undefined;
    const { depth, cost } = ofSelections(definition.selectionSet, root, 1);
    most = { depth: Math.max(depth, most.depth), cost: Math.max(cost, most.cost) };
  }
  return most;
}

const nothing: Measure = { depth: 0, cost: 0 };

/** How many rows the field's page has at most, where it is a connection. */
function pageSizeOf(field: FieldNode, variables: Readonly<Record<string, unknown>>): number {
  const size = numberOf("first", field, variables) ?? numberOf("last", field, variables) ?? defaultPage;
  // What is out of bounds is refused where it is used.
  return Math.min(Math.max(size, 0), largestPage);
}

function lengthOf(
  field: FieldNode,
  parent: GraphQLNamedType | undefined,
  pageSize: number,
  variables: Readonly<Record<string, unknown>>,
): number {
  if (parent?.name.endsWith("Connection") === true) return pageSize;
  const first = numberOf("first", field, variables);
  if (first !== null) return Math.min(Math.max(first, 0), largestPage);
  return field.arguments?.some(({ name }) => name.value === "ids") === true ? largestPage : usualListLength;
}

function numberOf(
  name: string,
  field: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): number | null {
  const value = field.arguments?.find((argument) => argument.name.value === name)?.value;
  switch (value?.kind) {
    case Kind.INT:
      return Number(value.value);
    case Kind.VARIABLE: {
      const given = variables[value.name.value];
      // One that is left out may have any default.
      return typeof given === "number" ? given : largestPage;
    }
    default:
      return null;
  }
}
