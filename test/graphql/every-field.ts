import {
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from "graphql";

/** Arguments for fields that require some. */
const args: Readonly<Record<string, string>> = {};

/**
 * Selects everything of a type: every field, and what the fields lead to, down to `depth` objects below it. `visited`
 * collects the selected fields as `Type.field`.
 */
export function createSelector(schema: GraphQLSchema) {
  const visited = new Set<string>();

  function selectionOf(type: GraphQLNamedType, depth: number): string {
    if (!isCompositeType(type)) return "";
    if (isUnionType(type) || isInterfaceType(type)) {
      const members = schema.getPossibleTypes(type).map((one) => {
        // Members of a union may have fields with one name and different types.
        return `... on ${one.name} ${selectionOf(one, depth)}`;
      });
      return `{ __typename ${members.join(" ")} }`;
    }
    const fields = Object.values(type.getFields()).flatMap((field) => fieldOf(type, field, depth) ?? []);
    return `{ __typename ${fields.join(" ")} }`;
  }

  function fieldOf(
    parent: GraphQLNamedType,
    field: GraphQLField<unknown, unknown>,
    depth: number,
  ): string | null {
    const named = getNamedType(field.type);
    const isWrapper = /(?:Connection|Edge|PageInfo)$/.test(named.name);
    if (isCompositeType(named) && !isWrapper && depth === 0) return null;
    const needed = field.args.filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined);
    const given = args[`${parent.name}.${field.name}`];
    if (needed.length > 0 && given === undefined)
      throw new Error(`Say what ${parent.name}.${field.name} is to be asked with.`);
    visited.add(`${parent.name}.${field.name}`);
    // An alias for each type, because members of a union share names.
    const name = `${parent.name}_${field.name}: ${field.name}${given ?? ""}`;
    return isCompositeType(named) ? `${name} ${selectionOf(named, isWrapper ? depth : depth - 1)}` : name;
  }

  return {
    /** The selection of everything about the type with this name. */
    of: (name: string, depth: number) => selectionOf(schema.getType(name)!, depth),
    visited,
  };
}

/** Every field of every object type except those of introspection, as `Type.field`. */
export function fieldsOf(schema: GraphQLSchema): readonly string[] {
  return Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) && !type.name.startsWith("__")
      ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`)
      : [],
  );
}
