import {
  coerceInputValue,
  getOperationAST,
  isInputType,
  typeFromAST,
  GraphQLError,
  type ExecutionArgs,
  type VariableDefinitionNode,
} from "graphql";
import { shortened } from "../shortened.ts";
import { withoutSuggestions } from "../suggestions.ts";

/** The errors in the values that a request gives its variables. A variable without a value is not checked. */
export type WrongVariables = (args: ExecutionArgs) => readonly GraphQLError[];

/** Most errors that are reported for one request. */
const mostErrors = 20;

/**
 * Stops at `mostErrors`, and never shows a value that is a list or an object. graphql-js prints all of it for each
 * fault within: for a body of 100 kB that takes a second, and the answer has 4 MB.
 *
 * @param suggests whether names of the schema may be suggested.
 */
export function createWrongVariables({ suggests }: { readonly suggests: boolean }): WrongVariables {
  return ({ schema, document, operationName, variableValues }) => {
    const errors: GraphQLError[] = [];

    function look(definition: VariableDefinitionNode): void {
      const name = definition.variable.name.value;
      const type = typeFromAST(schema, definition.type);
      if (!isInputType(type) || !Object.hasOwn(variableValues ?? {}, name)) return;
      coerceInputValue(variableValues![name], type, (path, value, { message }) => {
        const place = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
        const what = suggests ? message : withoutSuggestions(message);
        const where = place === "" ? "" : ` at "${name}${place}"`;
        errors.push(
          new GraphQLError(
            `Variable "$${name}" got invalid value${shown(value)}${where}; ${shortened(what)}`,
            {
              nodes: definition,
              extensions: { code: "BAD_USER_INPUT", http: { status: 400 } },
            },
          ),
        );
        if (errors.length === mostErrors) throw enough;
      });
    }

    try {
      getOperationAST(document, operationName)?.variableDefinitions?.forEach(look);
    } catch (error) {
      if (error !== enough) throw error;
    }
    return errors;
  };
}

const enough = new Error("Enough is said of what is wrong.");

function shown(value: unknown): string {
  return typeof value === "object" && value !== null ? "" : ` ${shortened(JSON.stringify(value))}`;
}
