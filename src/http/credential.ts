import type { IncomingHttpHeaders, IncomingMessage } from "node:http";

/** What a request shows of who it comes from. */
export type Credential =
  | { readonly is: "none" }
  | { readonly is: "given"; readonly text: string }
  /** By the cookie of the page. A stale one counts as none, so that nobody is locked out by what a browser keeps. */
  | { readonly is: "cookie"; readonly text: string }
  | { readonly is: "unreadable" };

/** Set by `POST /session`. */
export const sessionCookie = "issuewire_session";

/** Longer than any token, and than the JWTs that are in use. */
const mostCharacters = 8_192;

/** What RFC 9110 lets a bearer token be: nothing in it could end a cookie and begin another. */
const token68 = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * The request's bearer token: of its `Authorization` header, else of the WebSocket's `connection_init` payload
 * (`{ "authorization": "Bearer …" }` or `{ "token": "…" }`), else of the cookie.
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
