import type { IncomingMessage } from "node:http";
import { viewerOf } from "../../domain/token.ts";
import { anonymousReader, unlimitedAdmin, type Viewer } from "../../domain/viewer.ts";
import { howToRun } from "../../program/how-to-run.ts";
import { credentialOf } from "./credential.ts";
import type { JwtFault, JwtReading } from "./jwt.ts";
import { isLocal } from "./local.ts";
import { isTokenText, tokenHash } from "./token-text.ts";
import type { TokenWatch } from "./token-watch.ts";

/** Whether a client may read. Its streams end at `until`, or once `revoked` aborts. */
export type Admission =
  | {
      readonly is: "admitted";
      readonly viewer: Viewer;
      /** Epoch milliseconds; null for no limit. */
      readonly until: number | null;
      /** Aborts within moments of the token being revoked or, if none was needed, of a first one being made. */
      readonly revoked: AbortSignal;
    }
  /** UNAUTHENTICATED, with what to do about it. */
  | { readonly is: "refused"; readonly message: string }
  /** SERVICE_UNAVAILABLE: the credential cannot be checked now. */
  | { readonly is: "unknown"; readonly message: string };

export type Admitted = Extract<Admission, { readonly is: "admitted" }>;

/**
 * Authenticates a request. `connectionParams` is the payload of a WebSocket's `connection_init`, as the client sent it.
 * Never rejects because of what was sent.
 */
export type Admit = (request: IncomingMessage, connectionParams?: unknown) => Promise<Admission>;

/** True if an admitted client may still read at `now` (epoch milliseconds). */
export function mayStillRead({ until, revoked }: Admitted, now: number): boolean {
  return !revoked.aborted && (until === null || now < until);
}

export type AdmitOptions = {
  readonly tokens: Pick<TokenWatch, "find" | "hasAny" | "whileNone">;
  /** Null if no JWTs are accepted. */
  readonly readJwt: ((text: string) => Promise<JwtReading>) | null;
  /** Whether clients without a credential may read what is not private. */
  readonly allowAnonymous: boolean;
  /** Whether requests made on this machine can be told from others: only if no other machine can reach the server. */
  readonly canTellOwn: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Called if the keys of JWTs could not be obtained. */
  readonly keysFailed: (error: unknown) => void;
  /** Called if a JWT was refused. */
  readonly jwtRefused: (fault: JwtFault) => void;
};

/**
 * Decides by its credential what a client may read.
 *
 * | credential          | may read                                                                              |
 * | ------------------- | ------------------------------------------------------------------------------------- |
 * | a token             | what it allows, until it expires or is revoked                                        |
 * | a JWT               | what it allows, until it expires                                                      |
 * | an invalid one      | nothing; in the cookie, it counts as none                                             |
 * | none                | what is not private, if anonymous readers are allowed                                 |
 * | none                | everything, from this machine, while there are no tokens, no JWTs and no such readers |
 */
export function createAdmit(options: AdmitOptions): Admit {
  const { tokens, readJwt, allowAnonymous, canTellOwn, now, keysFailed, jwtRefused } = options;

  async function whoShows(text: string): Promise<Admission> {
    if (isTokenText(text)) {
      const found = await tokens.find(tokenHash(text));
      if (found === null)
        return refused(
          "This token is not known here: it was revoked, or made in another database (DATABASE_URL).",
        );
      if (found === "unknown") return { is: "unknown", message: "Tokens cannot be read now: try again." };
      const { expiresAt } = found.token;
      if (expiresAt !== null && expiresAt <= now()) return refused("This token has expired.");
      return { is: "admitted", viewer: viewerOf(found.token), until: expiresAt, revoked: found.revoked };
    }
    if (readJwt === null) return refused("This is not a token of this gateway.");
    const jwt = await readJwt(text);
    switch (jwt.is) {
      case "valid":
        return { ...jwt, is: "admitted", revoked: never };
      case "invalid":
        jwtRefused(jwt.fault);
        return refused(`This is not a token of this gateway, and as a JWT ${jwt.reason}.`);
      case "unknown":
        keysFailed(jwt.cause);
        return {
          is: "unknown",
          message: "The keys that JWTs are checked with cannot be fetched now: try again.",
        };
    }
  }

  function whoShowsNothing(request: IncomingMessage): Admission {
    if (allowAnonymous) return { is: "admitted", viewer: anonymousReader, until: null, revoked: never };
    if (readJwt !== null || tokens.hasAny())
      return refused("A token is needed: send it as Authorization: Bearer, or sign in with it at /.");
    if (canTellOwn && isLocal(request))
      return { is: "admitted", viewer: unlimitedAdmin, until: null, revoked: tokens.whileNone() };
    return refused(
      `Without a token this gateway answers ${canTellOwn ? "readers on its own machine only, as http://localhost" : "no readers"}. Make a token: "${howToRun("token create --name me --scope admin")}".`,
    );
  }

  return async (request, connectionParams) => {
    const credential = credentialOf(request, connectionParams);
    switch (credential.is) {
      case "none":
        return whoShowsNothing(request);
      case "unreadable":
        return refused("Send the header Authorization: Bearer <token>.");
      case "given":
        return whoShows(credential.text);
      case "cookie": {
        const admission = await whoShows(credential.text);
        return admission.is === "refused" ? whoShowsNothing(request) : admission;
      }
    }
  };
}

function refused(message: string): Admission {
  return { is: "refused", message };
}

const never = new AbortController().signal;
