import type { ServerResponse } from "node:http";
import { sendGraphQLError } from "../graphql-error.ts";
import type { Admission } from "./admit.ts";

/** Answers whom `admit` refused, with a GraphQL error: 401, or 503 if the credential cannot be checked now. */
export function sendRefusal(response: ServerResponse, refusal: Exclude<Admission, { is: "admitted" }>): void {
  const { message } = refusal;
  switch (refusal.is) {
    case "refused":
      return sendGraphQLError(response, {
        status: 401,
        code: "UNAUTHENTICATED",
        message,
        headers: { "WWW-Authenticate": "Bearer" },
      });
    case "unknown":
      return sendGraphQLError(response, {
        status: 503,
        code: "SERVICE_UNAVAILABLE",
        message,
        headers: { "Retry-After": 5 },
      });
  }
}
