import type { IncomingMessage, ServerResponse } from "node:http";
import { isByHttps } from "../address.ts";
import type { Admit } from "./admit.ts";
import { credentialOf, sessionCookie } from "./credential.ts";
import { isOriginAllowed } from "./origin.ts";
import { sendProblem } from "../problem.ts";
import { sendGraphQLError } from "../graphql-error.ts";
import { sendRefusal } from "./refusal.ts";

export type SessionOptions = {
  readonly admit: Admit;
  /** How many proxies in front are trusted to say that the client used https. */
  readonly hops: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/**
 * Handles the session of the page at `/` and of EventSource, which cannot send a header of their own: a cookie that
 * scripts cannot read and other sites cannot use.
 *
 * | request                                          | answer                                                       |
 * | ------------------------------------------------ | ------------------------------------------------------------ |
 * | POST /session with Authorization: Bearer a token | 204, and the token as a cookie until it expires              |
 * | DELETE /session                                  | 204, and the cookie is deleted                               |
 * | either from a page of another origin             | 403                                                          |
 * | POST with a token that is not valid, or none     | 401                                                          |
 * | POST with a token that is too long for a cookie  | 413                                                          |
 */
export function createSessionHandler({ admit, hops, now }: SessionOptions) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== "POST" && request.method !== "DELETE")
      return sendProblem(response, {
        status: 405,
        code: "METHOD_NOT_ALLOWED",
        detail: "POST begins a session, and DELETE ends it.",
        headers: { Allow: "POST, DELETE" },
      });
    if (!isOfOwnPage(request))
      return sendProblem(response, {
        status: 403,
        code: "FORBIDDEN",
        detail: "Only pages of the gateway's own origin have sessions.",
      });
    const attributes = `Path=/; HttpOnly; SameSite=Strict${isByHttps(request, hops) ? "; Secure" : ""}`;
    const answer = (cookie: string): void => {
      response.writeHead(204, { "Set-Cookie": cookie, "Cache-Control": "no-store" }).end();
    };
    if (request.method === "DELETE") return answer(`${sessionCookie}=; ${attributes}; Max-Age=0`);

    const credential = credentialOf({ headers: { authorization: request.headers.authorization } });
    if (credential.is !== "given")
      return sendRefusal(response, {
        is: "refused",
        message: "Send the header Authorization: Bearer <token>.",
      });
    const admission = await admit(request);
    if (admission.is !== "admitted") return sendRefusal(response, admission);
    if (sessionCookie.length + credential.text.length > mostOfCookie)
      return sendGraphQLError(response, {
        status: 413,
        code: "PAYLOAD_TOO_LARGE",
        message: `The token is longer than a cookie may be, with ${mostOfCookie} characters.`,
      });
    const seconds = admission.until === null ? null : Math.floor((admission.until - now()) / 1000);
    answer(
      `${sessionCookie}=${credential.text}; ${attributes}${seconds === null ? "" : `; Max-Age=${seconds}`}`,
    );
  };
}

/** The most characters of the cookie's name and value together. Browsers silently ignore a longer cookie. */
const mostOfCookie = 4_096;

/** False if a page of another origin sent the request. All browsers say so, by `Sec-Fetch-Site` or `Origin`. */
function isOfOwnPage(request: Pick<IncomingMessage, "headers">): boolean {
  const site = request.headers["sec-fetch-site"];
  return site === undefined ? isOriginAllowed(request, []) : site === "same-origin";
}
