import { GraphQLError } from "graphql";
import type { Plugin } from "graphql-yoga";
import { documentFault } from "../errors.ts";

/**
 * Gives a code to every document that does not parse, and a body to every answer.
 *
 * Yoga gives that code only over HTTP, and leaves its 406 (no accepted media type) without a body.
 */
export function useErrorCodes(): Plugin {
  return {
    onParse() {
      return ({ result }) => {
        if (result instanceof GraphQLError)
          Object.assign(result.extensions, { code: "GRAPHQL_PARSE_FAILED", ...documentFault });
      };
    },
    onResponse({ response, setResponse, fetchAPI }) {
      if (response.status === 406 && response.body === null) {
        const message = "Accept application/graphql-response+json, application/json or text/event-stream.";
        setResponse(
          fetchAPI.Response.json(
            { errors: [{ message, extensions: { code: "BAD_REQUEST" } }] },
            { status: 406 },
          ),
        );
      }
      // An EventSource hides any answer but 200 from its client, so the stream itself says what is wrong.
      if (response.status === 400 && response.headers.get("content-type") === "text/event-stream") {
        setResponse(new fetchAPI.Response(response.body, { status: 200, headers: response.headers }));
      }
    },
  };
}
