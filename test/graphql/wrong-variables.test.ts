import { buildSchema, GraphQLScalarType, parse, type ExecutionArgs } from "graphql";
import { describe, expect, it } from "vitest";
import { compiled } from "../../src/graphql/execution/compiled.ts";
import { createWrongVariables } from "../../src/graphql/execution/wrong-variables.ts";
import { schema } from "../../src/graphql/schema.ts";
import { manyFields } from "./attacks.ts";
import { gateway } from "./gateway.ts";

const query = `query ($first: Int, $filter: IssueFilter) { issues(first: $first, filter: $filter) { totalCount } }`;
const subscription = `subscription ($filter: IssueFilter) { issueChanged(filter: $filter) { cursor } }`;

function messages(variableValues: ExecutionArgs["variableValues"], suggests = true): readonly string[] {
  const found = createWrongVariables({ suggests })({ schema, document: parse(query), variableValues });
  return found.map(({ message }) => message);
}

describe("what is wrong with the values of variables", () => {
  it("is nothing where they fit, or none is given", () => {
    expect(messages({ first: 1, filter: { status: { eq: "RESOLVED" } } })).toEqual([]);
    expect(messages(undefined)).toEqual([]);
  });

  it("is told with its place, and with the value where that is short", () => {
    expect(messages({ first: "1", filter: { and: [{ status: 5 }, { sentryId: { in: [true] } }] } })).toEqual([
      'Variable "$first" got invalid value "1"; Int cannot represent non-integer value: "1"',
      'Variable "$filter" got invalid value 5 at "filter.and[0].status"; Expected type "IssueStatusComparator" to be an object.',
      'Variable "$filter" got invalid value true at "filter.and[1].sentryId.in[0]"; String cannot represent a non string value: true',
    ]);
  });

  it("suggests names of the schema only where they may be told", () => {
    const wrong = { filter: { statu: 1, level: { eq: "EROR" } } };
    expect(messages(wrong).join()).toMatch(/Did you mean the enum value "ERROR".*Did you mean "status"/);
    expect(messages(wrong, false).join()).not.toContain("Did you mean");
  });

  it("is told in few words however long a value is, and of however many", () => {
    const long = "x".repeat(90_000);
    const fields = manyFields(5_000);
    const all = [
      { first: long },
      { filter: { [long]: 1 } },
      { filter: fields },
      { filter: { search: [fields] } },
    ];
    for (const variables of all) expect(messages(variables).join().length).toBeLessThan(10_000);
  });

  it("is looked for no further once enough is found, compiled or not", async () => {
    const counted = buildSchema("type Query { of(these: [Counted!]): Int } scalar Counted");
    let looks = 0;
    const scalar = counted.getType("Counted") as GraphQLScalarType;
    scalar.parseValue = () => {
      looks += 1;
      throw new Error("wrong");
    };
    const args: ExecutionArgs = {
      schema: counted,
      document: parse("query ($these: [Counted!]) { of(these: $these) }"),
      variableValues: { these: Array.from({ length: 10_000 }, () => 1) },
    };
    expect(createWrongVariables({ suggests: true })(args)).toHaveLength(20);
    expect(looks).toBe(20);

    looks = 0;
    const execute = compiled(() => ({ data: null }));
    for (const _ of [1, 2, 3, 4]) await execute(args);
    // Once in each of the two that are compiled.
    expect(looks).toBe(2);
  });

  it.each([
    ["a query", query],
    ["a subscription", subscription],
  ])("is no way to be told more than was sent: %s", async (_, asked) => {
    const { post } = gateway({ issues: [] });
    const variables = { filter: manyFields(5_000) };
    const response = await post({ query: asked, variables }, { accept: "text/event-stream" });
    const text = await response.text();
    expect(text).toContain('"BAD_USER_INPUT"');
    expect(text.length).toBeLessThan(10_000);
  });
});
