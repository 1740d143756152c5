import { execute, getIntrospectionQuery, getOperationAST, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config.ts";
import { measure } from "../../src/graphql/limits/measure.ts";
import { schema } from "../../src/graphql/schema.ts";
import { valuesIn } from "./values-in.ts";

/** How many fields of an answer have a value, and how many an answer may have by the cost of its question. */
function valuesAndCost(question: string) {
  const document = parse(question);
  expect(validate(schema, document)).toEqual([]);
  const { data } = execute({ schema, document }) as { readonly data?: unknown };
  const { cost } = measure(getOperationAST(document)!, document, schema, {}, 0);
  return { values: valuesIn(data), cost };
}

describe("what a question about the schema costs", () => {
  const ofEach = (fields: string) => `{ __schema { types { ${fields} } } }`;
  it.each([
    ofEach("name"),
    ofEach("fields { name args { name defaultValue } }"),
    ofEach("inputFields { name } enumValues { name }"),
    ofEach("interfaces { name } possibleTypes { name }"),
    ofEach("fields { type { fields { name } } }"),
    ofEach("fields { type { ofType { fields { name args { name } } } } }"),
    ofEach("possibleTypes { fields { name } }"),
    "{ __schema { directives { name locations args { name } } } }",
    '{ __type(name: "Issue") { fields { name args { name } } } }',
    '{ __type(name: "IssueFilter") { inputFields { type { inputFields { name } } } } }',
    "{ ...A } fragment A on Query { __schema { ...B } } fragment B on __Schema { types { name } queryType { fields { name } } }",
  ])("is at least as much as its answer has: %s", (question) => {
    const { values, cost } = valuesAndCost(question);
    expect(cost).toBeGreaterThanOrEqual(values);
  });

  it("is what LIMIT_COST allows once, by default, for all that GraphiQL asks", () => {
    const all = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    const { LIMIT_COST: limit } = parseConfig({});
    const { values, cost } = valuesAndCost(all);
    expect(cost).toBeGreaterThan(values);
    expect([cost, cost < limit, 2 * cost > limit]).toEqual([cost, true, true]);
  });
});
