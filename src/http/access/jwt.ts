import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from "jose";
import { isProjectId, type Viewer } from "../../domain/viewer.ts";

export type JwtOptions = {
  readonly issuer: string;
  readonly audience: string;
  /** Finds the key that signed a JWT, by its header. */
  readonly keys: JWTVerifyGetKey;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** What a JWT allows its bearer. */
export type JwtReading =
  | { readonly is: "valid"; readonly viewer: Viewer; readonly until: number }
  | { readonly is: "invalid"; readonly reason: string; readonly fault: JwtFault }
  /** The keys could not be obtained: the JWT may be valid. */
  | { readonly is: "unknown"; readonly cause: unknown };

/** What is wrong with a JWT, for the operator: jose's error code, and the claim at fault, null if none is. */
export type JwtFault = { readonly code: string; readonly claim: string | null };

/** Asymmetric only: a secret shared with the gateway could make tokens, and `none` is no signature at all. */
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

/** How far the issuer's clock may differ from this one. */
const clockToleranceSeconds = 5;

/**
 * The keys at this URL, cached for ten minutes. They are fetched again if a JWT names an unknown one, but not twice
 * within `cooldownMs`: otherwise every made-up name would cause a fetch.
 */
export function remoteKeys(url: URL, cooldownMs = 5_000): JWTVerifyGetKey {
  return createRemoteJWKSet(url, { timeoutDuration: 3_000, cooldownDuration: cooldownMs });
}

/**
 * Reads JWTs of one issuer for one audience. Each must expire, and say what it allows: `issuewire_scope` is `read` or
 * `admin`; `issuewire_projects` is `*` for all projects, or a list of Sentry's project ids, and none by default. Never
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
  // As long as `jwtVerify` accepts it.
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

/** False if the fault is with the keys: their URL, the network, or what is served there. */
function isOfTheToken(error: unknown): error is errors.JOSEError {
  return (
    error instanceof errors.JOSEError &&
    !(
      error instanceof errors.JWKSTimeout ||
      error instanceof errors.JWKSInvalid ||
      error instanceof errors.JWKInvalid ||
      // jose's error for an answer of the wrong status or form, which has no class of its own.
      error.code === "ERR_JOSE_GENERIC"
    )
  );
}
