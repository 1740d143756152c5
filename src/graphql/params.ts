import type { GraphQLParams } from "graphql-yoga";
import { errorOf } from "./errors.ts";
import { mostNesting, nestsDeeperThan } from "./limits/nesting.ts";

const names: ReadonlySet<string> = new Set(["query", "operationName", "variables", "extensions"]);

export type Params = GraphQLParams & { readonly query: string };

/**
 * The parameters of a request, with their types checked. Null counts as not given, and so does an empty
 * `operationName`.
 * @throws GraphQLError with the code BAD_REQUEST or PERSISTED_QUERY_NOT_SUPPORTED.
 */
export function paramsOf(value: unknown): Params {
  if (Array.isArray(value)) throw badRequest("Send one operation at a time: batches are not supported.");
  if (typeof value !== "object" || value === null) throw badRequest("The request's body is not an object.");
  const stray = Object.keys(value).find((name) => !names.has(name));
  if (stray !== undefined) {
    throw badRequest(
      `The request has a parameter ${stray.length > 64 ? "" : `${JSON.stringify(stray)} `}that GraphQL over HTTP does not have.`,
    );
  }
  const { query, operationName, variables, extensions } = value as Record<string, unknown>;
  if (!query && isPersisted(extensions)) throw persistedQuery();
  if (typeof query !== "string") throw badRequest("The parameter query is missing, or not a string.");
  if (operationName != null && typeof operationName !== "string") {
    throw badRequest("The parameter operationName is not a string.");
  }
  return {
    query,
    ...(operationName ? { operationName } : {}),
    ...(variables == null ? {} : { variables: objectOf("variables", variables) }),
    ...(extensions == null ? {} : { extensions: objectOf("extensions", extensions) }),
  };
}

/**
 * The parameters in the search part of a URL.
 * @throws GraphQLError as `paramsOf` does.
 */
export function paramsOfSearch(search: URLSearchParams): Params {
  const json = (name: string) => {
    const text = search.get(name);
    return text ? parsedJson(`The parameter ${name}`, text) : null;
  };
  return paramsOf({
    query: search.get("query") || null,
    operationName: search.get("operationName"),
    variables: json("variables"),
    extensions: json("extensions"),
  });
}

/** True for a request's extensions if they name its document by a hash (automatic persisted queries). */
export function isPersisted(extensions: unknown): boolean {
  return typeof extensions === "object" && extensions !== null && "persistedQuery" in extensions;
}

/** Clients recognise the message or the code. They then send the document itself, and no more hashes. */
export function persistedQuery() {
  return errorOf("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported", { http: { status: 200 } });
}

function objectOf(name: string, value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest(`The parameter ${name} is not an object.`);
  }
  // Checked before anything recurses over the value.
  if (nestsDeeperThan(mostNesting, value)) {
    throw badRequest(`The parameter ${name} nests more than ${mostNesting} deep.`);
  }
  return value as Record<string, unknown>;
}

export function parsedJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest(`${what} is not JSON.`);
  }
}

export function badRequest(message: string) {
  return errorOf("BAD_REQUEST", message, { http: { status: 400 } });
}
