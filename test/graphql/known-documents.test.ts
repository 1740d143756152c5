import { createSchema, createYoga, type Plugin } from "graphql-yoga";
import { describe, expect, it } from "vitest";
import { createKnownDocuments } from "../../src/graphql/caching/documents.ts";

/** Yoga with these documents, and what it has parsed and validated. */
function counting() {
  const known = createKnownDocuments();
  const parsed: string[] = [];
  let validated = 0;
  const count: Plugin = {
    onParse: ({ params, parseFn, setParseFn }) =>
      setParseFn((source: string) => {
        parsed.push(String(params.source));
        return parseFn(source);
      }),
    onValidate: ({ validateFn, setValidationFn }) =>
      setValidationFn((...args) => {
        validated += 1;
        return validateFn(...args);
      }),
  };
  const yoga = createYoga({
    schema: createSchema({ typeDefs: "type Query { a: String }" }),
    parserAndValidationCache: false,
    plugins: [known.plugin, count],
    logging: false,
  });
  const ask = async (query: string) => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ query });
    return (await yoga.fetch("http://localhost/graphql", { method: "POST", headers, body })).json();
  };
  return { known, parsed, validated: () => validated, ask };
}

describe("a document", () => {
  it("is parsed and validated once if it is valid", async () => {
    const { known, parsed, validated, ask } = counting();
    for (let time = 0; time < 3; time += 1) expect(await ask("{ a }")).toEqual({ data: { a: null } });
    expect([parsed, validated()]).toEqual([["{ a }"], 1]);
    expect(known.find("{ a }")).toMatchObject({ kind: "Document" });
  });

  it("is kept as the last one if it is not valid, and is never found", async () => {
    const { known, parsed, validated, ask } = counting();
    for (const query of ["{ b }", "{ b }", "{ c: b }", "{ b }"])
      expect(await ask(query)).toHaveProperty("errors[0].message", expect.stringContaining('field "b"'));
    expect([parsed, validated()]).toEqual([["{ b }", "{ c: b }", "{ b }"], 3]);
    expect(known.find("{ b }")).toBeUndefined();
  });
});
