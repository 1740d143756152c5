import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isObjectType,
  Kind,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from "graphql";
import type { Moment } from "../../domain/filter.ts";
import { momentAt } from "../../domain/moment.ts";
import { defaultPage, largestPage } from "../paging/connection.ts";
import { parseDateTime, parseDuration } from "../filters/date-time.ts";
import { sizeOfInput } from "../filters/filter-input.ts";
import { costOf, usualListLength, type Given } from "./costs.ts";
import { listLengthOf, metaFields, type ListLength } from "./introspection.ts";
import { lastThirtyDays } from "../types/period.ts";

/** How much one operation asks for. */
export type Measure = {
  /** How deep fields nest: 1 for root fields alone. */
  readonly depth: number;
  /** About the most values in the answer, plus the work to find them: what `costs` says, and the sizes of filters. */
  readonly cost: number;
};

/** What the fields around a selection tell of its cost. */
type Within = Pick<Given, "pageSize" | "periodMs"> & {
  /** The size of the filter of the enclosing field. */
  readonly filterSize: number;
  /** In introspection: whether the selection is made for each type of the schema, or for some type. */
  readonly of: Parameters<ListLength>[2];
};

/**
 * Measures one operation of a document, which need not be valid: a field that the schema does not have counts as one
 * value. Each fragment is measured once, however often it is spread. `given` are the request's variables; `now` is in
 * epoch milliseconds.
 */
export function measure(
  operation: OperationDefinitionNode,
  document: DocumentNode,
  schema: GraphQLSchema,
  given: Variables,
  now: number,
): Measure {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  const root = schema.getRootType(operation.operation) ?? undefined;
  const variables = { ...defaultsOf(operation), ...given };
  const measured = measurerOf({ schema, fragments, variables, now });
  const { depth, cost } = measured(operation.selectionSet, root, outside);
  return { depth, cost: Math.ceil(cost) };
}

/**
 * The cost of what the field being resolved selects of one object (of each one in a list), over all its nodes in the
 * document, fragments included. To be made for each execution; `info` is of that one.
 */
export function costOfEach(
  { schema, fragments, variableValues: variables }: GraphQLResolveInfo,
  now: number,
): (info: GraphQLResolveInfo) => number {
  const measured = measurerOf({ schema, fragments, variables, now });
  const costs = new Map<FieldNode, number>();

  function costOfNode(node: FieldNode, type: GraphQLNamedType): number {
    const known = costs.get(node);
    if (known !== undefined) return known;
    const cost = node.selectionSet === undefined ? 0 : measured(node.selectionSet, type, outside).cost;
    costs.set(node, cost);
    return cost;
  }

  return ({ fieldNodes, returnType }) =>
    fieldNodes.reduce((sum, node) => sum + costOfNode(node, getNamedType(returnType)), 0);
}

/** Measures selections within one operation. */
function measurerOf({
  schema,
  fragments,
  variables,
  now,
}: {
  readonly schema: GraphQLSchema;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  readonly variables: Variables;
  readonly now: number;
}) {
  const known = new Map<string, Measure>();
  const listLength = listLengthOf(schema);
  const sizes = new Map<string, number>();
  return ofSelections;

  function ofSelections(
    { selections }: SelectionSetNode,
    parent: GraphQLNamedType | undefined,
    within: Within,
  ): Measure {
    let [depth, cost] = [0, 0];
    for (const selection of selections) {
      let one: Measure;
      switch (selection.kind) {
        case Kind.FIELD:
          one = ofField(selection, parent, within);
          break;
        case Kind.INLINE_FRAGMENT: {
          const type = selection.typeCondition?.name.value;
          one = ofSelections(
            selection.selectionSet,
            type === undefined ? parent : schema.getType(type),
            within,
          );
          break;
        }
        case Kind.FRAGMENT_SPREAD:
          one = ofFragment(selection.name.value, within);
      }
      depth = Math.max(depth, one.depth);
      cost += one.cost;
    }
    return { depth, cost };
  }

  function ofFragment(name: string, within: Within): Measure {
    const key = `${name} ${within.pageSize} ${within.periodMs} ${within.filterSize} ${within.of}`;
    const measured = known.get(key);
    if (measured !== undefined) return measured;
    const fragment = fragments[name];
    // Ends the recursion of a fragment that spreads itself, which validation refuses.
    known.set(key, nothing);
    if (fragment === undefined) return nothing;
    const found = ofSelections(
      fragment.selectionSet,
      schema.getType(fragment.typeCondition.name.value),
      within,
    );
    known.set(key, found);
    return found;
  }

  function ofField(field: FieldNode, parent: GraphQLNamedType | undefined, within: Within): Measure {
    const name = field.name.value;
    const filter = argumentOf("filter", field);
    const filterSize = filter === undefined ? 0 : sizeOf(filter);
    const definition =
      metaFields.get(name) ??
      (isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined);
    const own = [costOf(parent), costOf(definition)].reduce(
      (sum, { extra = 0, filtersAgain = false }) => sum + extra + (filtersAgain ? within.filterSize : 0),
      1 + filterSize,
    );
    if (field.selectionSet === undefined || definition === undefined) return { depth: 1, cost: own };
    const { type, args } = definition;
    const named = getNamedType(type);
    const below = ofSelections(field.selectionSet, isCompositeType(named) ? named : undefined, {
      pageSize: pageSizeOf(field, variables),
      periodMs: args.some((one) => one.name === "period")
        ? periodMsOf(field, variables, now)
        : within.periodMs,
      filterSize,
      of: named.name !== "__Type" ? within.of : name === "types" ? "each type" : "some type",
    });
    const times = isListType(getNullableType(type)) ? lengthOf(field, definition, parent, within) : 1;
    // graphql-js has its own rule for the depth of introspection.
    const depth = isIntrospectionType(named) ? 1 : 1 + below.depth;
    return { depth, cost: own + times * below.cost };
  }

  /** How many items the field's list is taken to have. */
  function lengthOf(
    field: FieldNode,
    definition: GraphQLField<unknown, unknown>,
    parent: GraphQLNamedType | undefined,
    { pageSize, periodMs, of }: Within,
  ): number {
    if (parent !== undefined && isIntrospectionType(parent))
      return listLength(parent.name, definition.name, of);
    const { length } = costOf(definition);
    if (length !== undefined)
      return length({ pageSize, periodMs, argument: (name) => valueOf(name, field, variables, null) });
    const byDefault = definition.args.find((one) => one.name === "first")?.defaultValue;
    const first = numberOf("first", field, variables) ?? byDefault;
    return typeof first === "number" ? rowsOf(first) : usualListLength;
  }

  /** `sizeOfInput` of an argument's value. Remembers variables, since many fields may be given the same one. */
  function sizeOf(value: ValueNode): number {
    switch (value.kind) {
      case Kind.OBJECT:
        return value.fields.reduce((sum, one) => sum + sizeOf(one.value), 1);
      case Kind.LIST:
        return value.values.reduce((sum, one) => sum + sizeOf(one), 0);
      case Kind.VARIABLE: {
        const name = value.name.value;
        const size = sizes.get(name) ?? sizeOfInput(variables[name]);
        sizes.set(name, size);
        return size;
      }
      case Kind.STRING:
        return sizeOfInput(value.value);
      case Kind.NULL:
        return 0;
      default:
        return 1;
    }
  }
}

const nothing: Measure = { depth: 0, cost: 0 };
const outside: Within = { pageSize: 1, periodMs: null, filterSize: 0, of: "some type" };

type Variables = Readonly<Record<string, unknown>>;

/** The values of left-out variables, as far as the operation has defaults for them. */
function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Variables {
  const defaults = variableDefinitions.flatMap(({ variable, defaultValue }) =>
    defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)] as const],
  );
  return Object.fromEntries(defaults);
}

/** Most rows on the field's page, if it is a connection. */
function pageSizeOf(field: FieldNode, variables: Variables): number {
  return rowsOf(numberOf("first", field, variables) ?? numberOf("last", field, variables) ?? defaultPage);
}

/** Clamps a size. One out of bounds is refused where it is used. */
function rowsOf(size: number): number {
  return Math.min(Math.max(size, 0), largestPage);
}

/** The length of the statistics' period; null if it cannot be told. */
function periodMsOf(field: FieldNode, variables: Variables, now: number): number | null {
  const period = valueOf("period", field, variables, {});
  if (typeof period !== "object" || period === null) return null;
  const { from, to }: { from?: unknown; to?: unknown } = period;
  const start = "from" in period ? momentOf(from) : lastThirtyDays.from;
  const end = to == null ? { at: now } : momentOf(to);
  return start === null || end === null ? null : momentAt(end, now) - momentAt(start, now);
}

function momentOf(value: unknown): Moment | null {
  if (typeof value !== "string") return null;
  const at = parseDateTime(value);
  return at === null ? parseDuration(value) : { at };
}

/** An argument's value as JSON would have it, unchecked; `absent` if it or its variable is left out. */
function valueOf(name: string, field: FieldNode, variables: Variables, absent: unknown): unknown {
  const value = argumentOf(name, field);
  return (value === undefined ? undefined : valueFromASTUntyped(value, variables)) ?? absent;
}

/** A size; null if it is not given. Anything but a number counts as `largestPage`, and is refused where it is used. */
function numberOf(name: string, field: FieldNode, variables: Variables): number | null {
  const value = valueOf(name, field, variables, null);
  return value === null || typeof value === "number" ? value : largestPage;
}

function argumentOf(name: string, field: FieldNode): ValueNode | undefined {
  return field.arguments?.find((argument) => argument.name.value === name)?.value;
}
