import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

/** The credential of a request. */
export type Credential =
  | { readonly is: "none" }
  | { readonly is: "given"; readonly text: string }
  /** From the page's cookie. One that is not valid counts as none, so that a stale cookie locks nobody out. */
  | { readonly is: "cookie"; readonly text: string }
  | { readonly is: "unreadable" };

/** Set by `POST /session`. */
export const sessionCookie = "issuewire_session";

/** The most characters of a token: more than any of ours has, and any JWT in use. */
const mostCharacters = 8_192;

/** The syntax of a bearer token (RFC 9110). It has no character that could end a cookie and begin another. */
const token68 = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * Returns the request's bearer token: from its `Authorization` header, else from the WebSocket's `connection_init`
 * payload (`{ "authorization": "Bearer …" }` or `{ "token": "…" }`), else from the cookie.
 */
export function credentialOf({ headers }: Pick<IncomingMessage, "headers">, params?: unknown): Credential {
  return fromHeader(headers.authorization) ?? fromParams(params) ?? fromCookie(headers) ?? { is: "none" };
}

function fromHeader(authorization: unknown): Credential | null {
  if (authorization === undefined) return null;
  const text = typeof authorization === "string" ? /^Bearer +(\S+)$/i.exec(authorization)?.[1] : undefined;
  return given(text);
}

function fromParams(params: unknown): Credential | null {
  if (typeof params !== "object" || params === null) return null;
  const named = new Map(
    Object.entries(params).map(([name, value]) => [name.toLowerCase(), value as unknown]),
  );
  const token = named.get("token");
  if (token != null) return given(token);
  const authorization = named.get("authorization");
  return authorization == null ? null : fromHeader(authorization);
}

function fromCookie({ cookie }: IncomingHttpHeaders): Credential | null {
  const prefix = `${sessionCookie}=`;
  const found = cookie?.split(/; */).find((one) => one.startsWith(prefix));
  const text = found?.slice(prefix.length);
  return text === undefined || text === "" || text.length > mostCharacters ? null : { is: "cookie", text };
}

function given(text: unknown): Credential {
  return typeof text === "string" && text.length <= mostCharacters && token68.test(text)
    ? { is: "given", text }
    : { is: "unreadable" };
}
