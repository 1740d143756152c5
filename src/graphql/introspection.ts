import {
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from "graphql";

/** The fields of the query type that ask about the schema, which are none of its own. */
export const metaFields: ReadonlyMap<string, GraphQLField<unknown, unknown>> = new Map([
  ["__schema", SchemaMetaFieldDef],
  ["__type", TypeMetaFieldDef],
]);

/**
 * How long a list is in an answer about the schema. Of each of all its types, that is how long it is on average, so that
 * all of them together have as many as the schema has; of some of them it may be the longest.
 */
export type ListLength = (parent: string, field: string, of: "each type" | "some type") => number;

export function listLengthOf(schema: GraphQLSchema): ListLength {
  let known = lengthsOf.get(schema);
  if (known === undefined) lengthsOf.set(schema, (known = countLists(schema)));
  return known;
}

const lengthsOf = new WeakMap<GraphQLSchema, ListLength>();

function countLists(schema: GraphQLSchema): ListLength {
  const types = Object.values(schema.getTypeMap());
  const directives = schema.getDirectives();
  const fields = types.flatMap(fieldsOf);
  const average = (lengths: readonly number[]) => lengths.reduce((sum, one) => sum + one, 0) / lengths.length;
  const both = (lengths: readonly number[]) => ({
    "each type": average(lengths),
    "some type": Math.max(...lengths),
  });
  const always = (length: number) => ({ "each type": length, "some type": length });
  const lengths: Readonly<Record<string, Record<"each type" | "some type", number>>> = {
    "__Schema.types": always(types.length),
    "__Schema.directives": always(directives.length),
    "__Directive.locations": both(directives.map(({ locations }) => locations.length)),
    "__Directive.args": both(directives.map(({ args }) => args.length)),
    "__Type.fields": both(types.map((type) => fieldsOf(type).length)),
    "__Type.inputFields": both(
      types.map((type) => (isInputObjectType(type) ? Object.keys(type.getFields()).length : 0)),
    ),
    "__Type.enumValues": both(types.map((type) => (isEnumType(type) ? type.getValues().length : 0))),
    "__Type.interfaces": both(types.map(interfacesOf)),
    "__Type.possibleTypes": both(
      types.map((type) => (isAbstractType(type) ? schema.getPossibleTypes(type).length : 0)),
    ),
    "__Field.args": both(fields.map(({ args }) => args.length)),
  };
  return (parent, field, of) => lengths[`${parent}.${field}`]?.[of] ?? 1;
}

function fieldsOf(type: GraphQLNamedType): readonly GraphQLField<unknown, unknown>[] {
  return isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
}

function interfacesOf(type: GraphQLNamedType): number {
  return isObjectType(type) || isInterfaceType(type) ? type.getInterfaces().length : 0;
}
