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

/** The introspection fields of the query type, which `getFields` does not have. */
export const metaFields: ReadonlyMap<string, GraphQLField<unknown, unknown>> = new Map([
  ["__schema", SchemaMetaFieldDef],
  ["__type", TypeMetaFieldDef],
]);

/**
 * The length of a list in an introspection answer. "each type" is for selections made once for every type in the
 * schema: the average, which gives the right total. "some type" is the longest.
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
