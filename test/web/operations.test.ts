import { parse, specifiedRules, validate } from "graphql";
import { expect, it } from "vitest";
import { schema } from "../../src/graphql/schema.ts";
import * as operations from "../../src/web/client/operations.ts";

it.each(Object.entries(operations))("the page's %s is an operation of this schema", (_name, { text }) => {
  expect(validate(schema, parse(text), specifiedRules)).toEqual([]);
});
