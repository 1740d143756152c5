import { GraphQLError, Kind, type GraphQLErrorExtensions } from "graphql";
import { OverloadedError, ReadTimeoutError, StorageUnavailableError } from "../domain/failure.ts";
import type { Report } from "../observability/report.ts";

/** Every `extensions.code` that a GraphQL answer can carry, with what it tells a client. */
export const errorCodes = {
  BAD_REQUEST:
    "The request is not a GraphQL request (its body, parameters or Accept header), or its URL is too long.",
  GRAPHQL_PARSE_FAILED: "The document is not GraphQL.",
  GRAPHQL_VALIDATION_FAILED:
    "The document asks for something that the schema does not have, or gives a value of the wrong type.",
  OPERATION_RESOLUTION_FAILURE:
    "The document has several operations and the request names none, or none has the name given.",
  PERSISTED_QUERY_NOT_SUPPORTED: "The request has only the hash of its document: send the document.",
  BAD_USER_INPUT: "A variable or an argument has a value that is not allowed.",
  UNAUTHENTICATED: "No token, or one that is not valid.",
  FORBIDDEN: "The token does not allow this.",
  PAYLOAD_TOO_LARGE: "The request's body is larger than allowed.",
  UNSUPPORTED_MEDIA_TYPE: "The request's body is not application/json in UTF-8, uncompressed.",
  METHOD_NOT_ALLOWED: "Neither GET nor POST.",
  CURSOR_INVALID: "This is not a cursor of an event log.",
  CURSOR_AHEAD: "The cursor is beyond the newest position of the log.",
  CURSOR_EXPIRED: "What followed the cursor has been dropped from the log.",
  EPOCH_CHANGED: "A new log has begun since the cursor was issued, by `rebuild` or a restore.",
  SLOW_CONSUMER: "The subscriber reads too slowly: resume after the last cursor received.",
  OPERATION_LIMIT: "Too many operations at once on one connection.",
  QUERY_TOO_DEEP: "The document nests too deeply.",
  QUERY_TOO_COMPLEX: "The document asks for too much at once.",
  RATE_LIMITED: "Too many requests.",
  TIMEOUT: "Answering took too long.",
  SERVICE_UNAVAILABLE: "The store cannot be read now, or too much is asked for at once: try again.",
  INTERNAL_SERVER_ERROR: "An internal error of the gateway, reported in its log.",
} as const;
export type ErrorCode = keyof typeof errorCodes;

/** An error that clients see as it is. */
export function errorOf(
  code: ErrorCode,
  message: string,
  extensions: GraphQLErrorExtensions = {},
): GraphQLError {
  return new GraphQLError(message, { extensions: { ...extensions, code } });
}

/** Extensions for a fault of the document: HTTP status 400, or 200 for `application/json` (Yoga's `spec`). */
export const documentFault = { http: { spec: true, status: 400 } } as const;

/**
 * What the client sees of an error:
 *
 * - GraphQL's own errors and ours: as they are, with a code;
 * - a store that is overloaded, or takes too long: SERVICE_UNAVAILABLE, or TIMEOUT;
 * - a store that cannot be read: SERVICE_UNAVAILABLE, and reported;
 * - anything else: masked as INTERNAL_SERVER_ERROR, and reported.
 */
export function maskErrors(
  report: Pick<Report, "resolverFailed" | "readFailed">,
): (error: unknown) => GraphQLError {
  return (error) => {
    const cause = causeOf(error);
    if (cause instanceof StorageUnavailableError || cause instanceof OverloadedError) {
      if (cause instanceof StorageUnavailableError) report.readFailed(cause);
      return located(error, "SERVICE_UNAVAILABLE", errorCodes.SERVICE_UNAVAILABLE, {
        status: 503,
        headers: { "Retry-After": "5" },
      });
    }
    if (cause instanceof ReadTimeoutError) {
      return located(error, "TIMEOUT", "Answering took too long: ask for less, or filter more narrowly.", {
        status: 503,
      });
    }
    if (!(error instanceof GraphQLError) || !(cause instanceof GraphQLError) || isFaultOfOurs(error)) {
      report.resolverFailed(cause);
      return located(error, "INTERNAL_SERVER_ERROR", "Unexpected error.", { status: 500 });
    }
    const code = codeOf(error);
    // Yoga's own text does not say what is wrong.
    const message = code === "OPERATION_RESOLUTION_FAILURE" ? unnamedOperation : error.message;
    return error.message === message && error.extensions["code"] === code
      ? error
      : new GraphQLError(message, { ...placeOf(error), extensions: { ...error.extensions, code } });
  };
}

/** The message for a document with several operations of which none is meant. */
export const unnamedOperation = `${errorCodes.OPERATION_RESOLUTION_FAILURE} Name one in \`operationName\`.`;

/** The error thrown originally, which GraphQL errors wrap to say where. */
function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError !== undefined
    ? causeOf(error.originalError)
    : error;
}

/** graphql-js throws a GraphQLError, without a code, when a resolver's value does not fit its type. */
function isFaultOfOurs(error: GraphQLError): boolean {
  return error.extensions["code"] === undefined && error.nodes?.[0]?.kind === Kind.FIELD;
}

/** One of our codes: errors of Yoga and graphql-js have others, or none. */
function codeOf({ extensions }: GraphQLError): ErrorCode {
  const { code, http } = extensions as { code?: unknown; http?: { status?: unknown } };
  if (http?.status === 405) return "METHOD_NOT_ALLOWED";
  return typeof code === "string" && Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : "BAD_USER_INPUT";
}

function located(
  error: unknown,
  code: ErrorCode,
  message: string,
  http: { readonly status: number; readonly headers?: Readonly<Record<string, string>> },
): GraphQLError {
  const place = error instanceof GraphQLError ? placeOf(error) : {};
  // An error of one field leaves the answer's status alone: the other fields may have their data.
  const isOfField = "path" in place && place.path !== null;
  return new GraphQLError(message, { ...place, extensions: { code, ...(isOfField ? {} : { http }) } });
}

function placeOf({ nodes, source, positions, path }: GraphQLError) {
  return { nodes: nodes ?? null, source: source ?? null, positions: positions ?? null, path: path ?? null };
}
