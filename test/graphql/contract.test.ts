import { readFileSync } from "node:fs";
import {
  astFromValue,
  buildASTSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
  parse,
  valueFromASTUntyped,
  type GraphQLArgument,
  type GraphQLEnumValue,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from "graphql";
import { describe, expect, it } from "vitest";
import { printedSchema, schema } from "../../src/graphql/schema.ts";

const contract = buildASTSchema(
  parse(readFileSync(new URL("../fixtures/contract.graphql", import.meta.url), "utf8")),
);

/** What a schema offers, one line for each thing, keyed by its coordinate: what it is, of which type. */
function offers(of: GraphQLSchema): ReadonlyMap<string, string> {
  const lines = typesOf(of).flatMap((type): [string, string][] => [
    [type.name, `${type.constructor.name}`],
    ...partsOf(type).map(([coordinate, part]): [string, string] => [coordinate, shapeOf(part)]),
    ...(isObjectType(type) || isInterfaceType(type)
      ? type.getInterfaces().map((face): [string, string] => [`${type.name} implements ${face.name}`, ""])
      : []),
    ...(isUnionType(type)
      ? type.getTypes().map((member): [string, string] => [`${type.name} | ${member.name}`, ""])
      : []),
  ]);
  return new Map(lines);
}

function typesOf(of: GraphQLSchema): readonly GraphQLNamedType[] {
  return Object.values(of.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
}

type Part = GraphQLField<unknown, unknown> | GraphQLArgument | GraphQLInputField | GraphQLEnumValue;

/** Everything inside of a type that has a name of its own, by its coordinate. */
function partsOf(type: GraphQLNamedType): readonly (readonly [string, Part])[] {
  if (isEnumType(type)) return type.getValues().map((value) => [`${type.name}.${value.name}`, value]);
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field]);
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => [
    [`${type.name}.${field.name}`, field] as const,
    ...field.args.map((arg) => [`${type.name}.${field.name}(${arg.name}:)`, arg] as const),
  ]);
}

function shapeOf(part: Part): string {
  if (!("type" in part)) return "";
  const fallback = "defaultValue" in part ? astFromValue(part.defaultValue, part.type) : null;
  const written = fallback == null ? "" : ` = ${JSON.stringify(inOrder(valueFromASTUntyped(fallback)))}`;
  return `${part.type.toString()}${written}`;
}

/** The value with its keys sorted, where it is an object. */
function inOrder(value: unknown): unknown {
  return typeof value === "object" && value !== null
    ? Object.fromEntries(byName(Object.entries(value)))
    : value;
}

function byName<Value>(entries: Iterable<[string, Value]>): [string, Value][] {
  return [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

const offered = offers(schema);

describe("the schema", () => {
  const wanted = [...offers(contract)];

  it("compares something", () => {
    expect(wanted.length).toBeGreaterThan(400);
  });

  it("has everything as the contract has it", () => {
    expect(wanted.map(([coordinate]) => [coordinate, offered.get(coordinate)])).toEqual(wanted);
  });

  it("describes everything that it offers", () => {
    const undescribed = typesOf(schema).flatMap((type) => [
      ...(type.description ? [] : [type.name]),
      ...partsOf(type).flatMap(([coordinate, { description }]) => (description ? [] : [coordinate])),
    ]);
    expect(undescribed).toEqual([]);
  });

  it("is printed as a schema that offers the same", () => {
    expect(byName(offers(buildASTSchema(parse(printedSchema()))))).toEqual(byName(offered));
  });
});
