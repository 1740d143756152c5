import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from "jose";
import { isProjectId, type Viewer } from "../domain/viewer.ts";

export type JwtOptions = {
  readonly issuer: string;
  readonly audience: string;
  /** Finds the key that signed a JWT: `remoteKeys`, but in tests. */
  readonly keys: JWTVerifyGetKey;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** What a JWT lets its bearer do. */
export type JwtReading =
  | { readonly is: "valid"; readonly viewer: Viewer; readonly until: number }
  | { readonly is: "invalid"; readonly reason: string; readonly fault: JwtFault }
  /** The keys could not be had: it may be valid. */
  | { readonly is: "unknown"; readonly cause: unknown };

/** What is wrong with a JWT, for whoever set the gateway and its issuer up: jose's code, and the claim that it is about. */
export type JwtFault = { readonly code: string; readonly claim: string | null };

/** Signed by a private key. A secret shared with the gateway could make tokens, and `none` is no signature at all. */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/** How far the issuer's clock may be from this one's. */
const clockToleranceSeconds = 5;

/**
 * The keys at this address. They are kept for ten minutes, and fetched again when a JWT names one that is not among them,
 * but not twice within `cooldownMs`: whoever makes names up would have them fetched for each.
 */
export function remoteKeys(url: URL, cooldownMs = 5_000): JWTVerifyGetKey {
  return createRemoteJWKSet(url, { timeoutDuration: 3_000, cooldownDuration: cooldownMs });
}

/**
 * Reads JWTs of one issuer for one audience. Each must expire, and say what it allows: `issuewire_scope` is `read` or
 * `admin`; `issuewire_projects` is `*` for all projects, or a list of Sentry's ids, and left out it is none. Never
 * rejects.
 */
export function createJwtReader({ issuer, audience, keys, now }: JwtOptions) {
  return async (text: string): Promise<JwtReading> => {
    try {
      const { payload } = await jwtVerify(text, keys, {
        issuer,
        audience,
        algorithms,
        requiredClaims: ["exp"],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(now()),
      });
      return readClaims(payload);
    } catch (error) {
      if (!isOfTheToken(error)) return { is: "unknown", cause: error };
      const reason = error instanceof errors.JWTExpired ? "it has expired" : "it is not valid";
      const claim = "claim" in error ? String(error.claim) : null;
      return { is: "invalid", reason, fault: { code: error.code, claim } };
    }
  };
}

function readClaims(payload: JWTPayload): JwtReading {
  const { issuewire_scope: scope, issuewire_projects: projects = [], exp } = payload;
  if (scope !== "read" && scope !== "admin")
    return wrongClaim("issuewire_scope", "its issuewire_scope is neither read nor admin");
  // As long as it is taken for valid.
  const until = (exp! + clockToleranceSeconds) * 1000;
  if (projects === "*") return { is: "valid", viewer: { scope, projects: "all" }, until };
  if (!Array.isArray(projects) || !projects.every((one) => typeof one === "string" && isProjectId(one)))
    return wrongClaim(
      "issuewire_projects",
      "its issuewire_projects is neither * nor a list of Sentry's project ids",
    );
  return { is: "valid", viewer: { scope, projects: new Set<string>(projects) }, until };
}

function wrongClaim(claim: string, reason: string): JwtReading {
  return { is: "invalid", reason, fault: { code: errors.JWTClaimValidationFailed.code, claim } };
}

/** False for what is wrong with the keys: their address, the network, what is served there. */
function isOfTheToken(error: unknown): error is errors.JOSEError {
  return (
    error instanceof errors.JOSEError &&
    !(
      error instanceof errors.JWKSTimeout ||
      error instanceof errors.JWKSInvalid ||
      error instanceof errors.JWKInvalid ||
      // What jose throws for an answer of the wrong status or form has no class of its own.
      error.code === "ERR_JOSE_GENERIC"
    )
  );
}
