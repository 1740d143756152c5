import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLInputType,
  type GraphQLSchema,
} from "graphql";

/** The next number of a sequence, from 0 to below 1. */
export type Random = () => number;

/** A sequence that is the same for the same seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Values of each scalar, most of them as a client would send them. */
export type Values = Readonly<Record<string, readonly string[]>>;

/** A query that the schema's types allow, with fields nested up to `depth`. */
export function randomQuery(schema: GraphQLSchema, values: Values, random: Random, depth = 8): string {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  let aliases = 0;

  function selectionOf(type: GraphQLCompositeType, left: number): string {
    if (!isObjectType(type)) {
      const member = pick(schema.getPossibleTypes(type));
      return `{ __typename ... on ${member.name} ${selectionOf(member, left)} }`;
    }
    const fields = Object.values(type.getFields()).filter(
      (field) => left > 1 || !isCompositeType(getNamedType(field.type)),
    );
    if (fields.length === 0) return "{ __typename }";
    const chosen = Array.from({ length: 1 + Math.floor(random() * 4) }, () => pick(fields));
    const selected = chosen.map((field) => {
      const named = getNamedType(field.type);
      const below = isCompositeType(named) ? ` ${selectionOf(named, left - 1)}` : "";
      // An alias for each field, because fields with one name and different arguments do not merge.
      return `a${(aliases += 1)}: ${field.name}${argumentsOf(field.args)}${below}`;
    });
    return `{ __typename ${selected.join(" ")} }`;
  }

  function argumentsOf(args: readonly GraphQLArgument[]): string {
    const given = args
      .filter((arg) => (isNonNullType(arg.type) && arg.defaultValue === undefined) || random() < 0.3)
      .map((arg) => `${arg.name}: ${valueOf(arg.type, 3)}`);
    return given.length === 0 ? "" : `(${given.join(", ")})`;
  }

  function valueOf(type: GraphQLInputType, left: number): string {
    const nullable = getNullableType(type);
    if (nullable === type && random() < 0.05) return "null";
    if (isListType(nullable)) {
      const values = Array.from({ length: Math.floor(random() * 3) }, () => valueOf(nullable.ofType, left));
      return `[${values.join(", ")}]`;
    }
    if (isEnumType(nullable)) return pick(nullable.getValues()).name;
    if (isInputObjectType(nullable)) {
      const fields = Object.values(nullable.getFields()).filter(
        (field) => isNonNullType(field.type) || (left > 0 && random() < 0.12),
      );
      return `{ ${fields.map((field) => `${field.name}: ${valueOf(field.type, left - 1)}`).join(", ")} }`;
    }
    const known = values[getNamedType(nullable).name];
    if (known === undefined) throw new Error(`Say which values ${getNamedType(nullable).name} has.`);
    return pick(known);
  }

  return selectionOf(schema.getQueryType()!, depth);
}
