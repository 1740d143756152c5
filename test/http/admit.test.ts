import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  SignJWT,
  type JWTPayload,
  type JWTVerifyGetKey,
} from "jose";
import { describe, expect, it } from "vitest";
import type { Token } from "../../src/domain/token.ts";
import { createAdmit, type AdmitOptions } from "../../src/http/access/admit.ts";
import { createJwtReader, remoteKeys } from "../../src/http/access/jwt.ts";
import { newTokenText, tokenHash } from "../../src/http/access/token-text.ts";
import { listening } from "./wire.ts";

const now = Date.UTC(2026, 9, 1);

/** A request as far as `admit` looks at it: made on this machine, unless its headers say otherwise. */
function asking(headers: Readonly<Record<string, string>> = {}): IncomingMessage {
  // Nothing else of it is read.
  return {
    headers: { host: "localhost:4000", ...headers },
    httpVersion: "1.1",
  } as unknown as IncomingMessage;
}

const bearer = (text: string) => asking({ authorization: `Bearer ${text}` });

function token(more: Partial<Token> = {}): { readonly text: string; readonly token: Token } {
  const text = newTokenText();
  return {
    text,
    token: {
      name: "one",
      sha256: tokenHash(text),
      scope: "read",
      projects: ["7"],
      createdAt: now,
      expiresAt: null,
      ...more,
    },
  };
}

function admitting(tokens: readonly Token[] = [], options: Partial<AdmitOptions> = {}) {
  const revoked = new AbortController();
  const made = new AbortController();
  const admit = createAdmit({
    tokens: {
      find: async (sha256) => {
        const found = tokens.find((one) => one.sha256 === sha256);
        return found === undefined ? null : { token: found, revoked: revoked.signal };
      },
      hasAny: () => tokens.length > 0,
      whileNone: () => made.signal,
    },
    readJwt: null,
    allowAnonymous: false,
    canTellOwn: true,
    now: () => now,
    keysFailed: () => {},
    jwtRefused: () => {},
    ...options,
  });
  return { admit, revoked, made };
}

it("whether a token may read cannot be found out while tokens cannot be read", async () => {
  const tokens = {
    find: async () => "unknown" as const,
    hasAny: () => true,
    whileNone: () => new AbortController().signal,
  };
  const { admit } = admitting([], { tokens });
  expect(await admit(bearer(newTokenText()))).toMatchObject({
    is: "unknown",
    message: expect.stringContaining("try again"),
  });
});

describe("who shows nothing", () => {
  it("may read everything on this machine while nothing is configured", async () => {
    expect(await admitting().admit(asking())).toMatchObject({
      is: "admitted",
      viewer: { scope: "admin", projects: "all" },
      until: null,
    });
  });

  it("may read no longer on this machine once a token is made", async () => {
    const { admit, made } = admitting();
    const admission = await admit(asking());
    expect(admission).toMatchObject({ revoked: { aborted: false } });
    made.abort();
    expect(admission).toMatchObject({ revoked: { aborted: true } });
  });

  it.each([
    ["another host", { host: "evil.example" }],
    ["a tunnel", { "x-forwarded-for": "203.0.113.7" }],
    ["nginx with a header of its own", { "x-real-ip": "203.0.113.7" }],
  ])("is refused when the request came by %s, and told how to make a token", async (_, headers) => {
    const admission = await admitting().admit(asking(headers));
    expect(admission).toMatchObject({ is: "refused", message: expect.stringContaining("token create") });
  });

  it("is refused when the request came by HTTP/1.0, as nginx passes it on", async () => {
    const request = Object.assign(asking(), { httpVersion: "1.0" });
    expect(await admitting().admit(request)).toMatchObject({ is: "refused" });
  });

  it("is refused where other machines can reach the server, whatever name they ask for", async () => {
    expect(await admitting([], { canTellOwn: false }).admit(asking())).toMatchObject({
      is: "refused",
      message: expect.stringMatching(/^Without a token this gateway answers no readers\. Make a token: /),
    });
  });

  it("is refused once there is a token, an expired one too", async () => {
    const { admit } = admitting([token({ expiresAt: now - 1 }).token]);
    // Told to programs, and by the page to people.
    const message = "A token is needed: send it as Authorization: Bearer, or sign in with it at /.";
    expect(await admit(asking())).toEqual({ is: "refused", message });
  });

  it("reads what is not private where anonymous readers are allowed, from anywhere and from here", async () => {
    for (const headers of [{}, { host: "board.example" }])
      expect(await admitting([], { allowAnonymous: true }).admit(asking(headers))).toMatchObject({
        is: "admitted",
        viewer: { scope: "anonymous", projects: "all" },
      });
  });
});

describe("a token", () => {
  it("is taken from the header, from connection_init, and from the cookie", async () => {
    const { text, token: made } = token();
    const { admit } = admitting([made]);
    const viewer = { scope: "read", projects: new Set(["7"]) };
    const elsewhere = { host: "board.example" };
    for (const asked of [
      admit(bearer(text)),
      admit(asking({ ...elsewhere, authorization: `bearer ${text}` })),
      admit(asking(elsewhere), { token: text }),
      admit(asking(elsewhere), { Authorization: `Bearer ${text}` }),
      admit(asking({ ...elsewhere, cookie: `a=b; issuewire_session=${text}; c=d` })),
    ])
      expect(await asked).toMatchObject({ is: "admitted", viewer });
  });

  it("carries when it expires, and its revocation", async () => {
    const { text, token: made } = token({ expiresAt: now + 1 });
    const { admit, revoked } = admitting([made]);
    const admission = await admit(bearer(text));
    expect(admission).toMatchObject({ until: now + 1, revoked: { aborted: false } });
    revoked.abort();
    expect(admission).toMatchObject({ revoked: { aborted: true } });
  });

  it.each([
    ["has expired", () => token({ expiresAt: now })],
    ["is not known", () => ({ ...token(), token: token().token })],
  ])("that %s is refused, on this machine too", async (_, make) => {
    const { text, token: made } = make();
    for (const options of [{}, { allowAnonymous: true }])
      expect(await admitting([made], options).admit(bearer(text))).toMatchObject({ is: "refused" });
  });

  it.each(["Basic dXNlcjpwYXNz", "Bearer", "Bearer two words", "Bearer a;b", `Bearer ${"a".repeat(9_000)}`])(
    "cannot be %.20s",
    async (authorization) => {
      expect(await admitting().admit(asking({ authorization }))).toEqual(unreadable);
    },
  );

  it.each([{ token: 5 }, { token: {} }, { authorization: ["Bearer x"] }])(
    "cannot be %j in connection_init",
    async (params) => {
      expect(await admitting().admit(asking(), params)).toEqual(unreadable);
    },
  );

  it.each([null, undefined, "text", 5, [], {}, { token: null }])(
    "is not there when connection_init says %j",
    async (params) => {
      expect(await admitting().admit(asking(), params)).toMatchObject({ is: "admitted" });
    },
  );

  it("that is stale and in the cookie counts as none", async () => {
    const cookie = `issuewire_session=${newTokenText()}`;
    expect(await admitting().admit(asking({ cookie }))).toMatchObject({ is: "admitted" });
    expect(await admitting([token().token]).admit(asking({ cookie }))).toMatchObject({ is: "refused" });
  });
});

const unreadable = { is: "refused", message: "Send the header Authorization: Bearer <token>." };

const issuer = "https://login.example";
const audience = "issuewire";

/** A key of the issuer, and JWTs signed with it. */
async function issuing(kid = "1") {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: "ES256" };
  const jwt = (payload: JWTPayload, more: { readonly exp?: number | null } = {}) => {
    const { exp = now / 1000 + 60 } = more;
    return new SignJWT({
      iss: issuer,
      aud: audience,
      ...(exp === null ? {} : { exp }),
      issuewire_scope: "read",
      ...payload,
    })
      .setProtectedHeader({ alg: "ES256", kid })
      .sign(privateKey);
  };
  return { jwk, jwt };
}

const taking = (keys: JWTVerifyGetKey, jwtRefused: AdmitOptions["jwtRefused"] = () => {}) =>
  admitting([], { readJwt: createJwtReader({ issuer, audience, keys, now: () => now }), jwtRefused }).admit;

describe("a JWT", () => {
  it.each([
    [{ issuewire_projects: "*" }, { scope: "read", projects: "all" }],
    [
      { issuewire_scope: "admin", issuewire_projects: ["7", "8"] },
      { scope: "admin", projects: new Set(["7", "8"]) },
    ],
    [{}, { scope: "read", projects: new Set() }],
  ])("with the claims %j lets its bearer be %o, for as long as it counts", async (claims, viewer) => {
    const { jwk, jwt } = await issuing();
    const admission = await taking(createLocalJWKSet({ keys: [jwk] }))(bearer(await jwt(claims)));
    expect(admission).toMatchObject({ is: "admitted", viewer, until: now + 65_000 });
  });

  it.each([
    ["of another issuer", { iss: "https://evil.example" }, {}, "iss"],
    ["for another audience", { aud: "another" }, {}, "aud"],
    ["that has expired", {}, { exp: now / 1000 - 60 }, "exp"],
    ["that never expires", {}, { exp: null }, "exp"],
    ["that is not valid yet", { nbf: now / 1000 + 600 }, {}, "nbf"],
    ["without a scope", { issuewire_scope: undefined }, {}, "issuewire_scope"],
    ["with a scope that there is not", { issuewire_scope: "root" }, {}, "issuewire_scope"],
    ["whose projects are no list", { issuewire_projects: "7" }, {}, "issuewire_projects"],
    ["whose projects are no texts", { issuewire_projects: [7] }, {}, "issuewire_projects"],
    ["whose projects are slugs", { issuewire_projects: ["7", "checkout"] }, {}, "issuewire_projects"],
    ["whose projects are a list of all", { issuewire_projects: ["*"] }, {}, "issuewire_projects"],
  ])("%s is refused, which is reported with the claim", async (_, claims, more, claim) => {
    const { jwk, jwt } = await issuing();
    const faults: unknown[] = [];
    const admit = taking(createLocalJWKSet({ keys: [jwk] }), (fault) => faults.push(fault));
    expect(await admit(bearer(await jwt(claims, more)))).toMatchObject({ is: "refused" });
    expect(faults).toEqual([{ code: expect.stringMatching(/^ERR_JWT_/), claim }]);
  });

  it("is taken whichever algorithm it is signed by, where that has a private key", async () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    const curve = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve });
    const [p256, p384, p521] = [curve("P-256"), curve("P-384"), curve("P-521")];
    const edwards = generateKeyPairSync("ed25519");
    const keysOf = { RS256: rsa, RS384: rsa, RS512: rsa, PS256: rsa, PS384: rsa, PS512: rsa };
    const others = { ES256: p256, ES384: p384, ES512: p521, EdDSA: edwards, Ed25519: edwards };
    const payload = { iss: issuer, aud: audience, exp: now / 1000 + 60, issuewire_scope: "read" };
    const answers = await Promise.all(
      Object.entries({ ...keysOf, ...others }).map(async ([alg, { publicKey, privateKey }]) => {
        const admit = taking(createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), alg }] }));
        const text = await new SignJWT(payload).setProtectedHeader({ alg }).sign(privateKey);
        return [alg, (await admit(bearer(text))).is];
      }),
    );
    expect(answers.filter(([, is]) => is !== "admitted")).toEqual([]);
  });

  it("that has expired is told so", async () => {
    const { jwk, jwt } = await issuing();
    const text = await jwt({}, { exp: now / 1000 - 60 });
    expect(await taking(createLocalJWKSet({ keys: [jwk] }))(bearer(text))).toMatchObject({
      message: expect.stringContaining("it has expired"),
    });
  });

  it("counts for some seconds after its end, for the issuer's clock may be behind", async () => {
    const { jwk, jwt } = await issuing();
    const admit = taking(createLocalJWKSet({ keys: [jwk] }));
    const ended = async (seconds: number) => admit(bearer(await jwt({}, { exp: now / 1000 - seconds })));
    // What is given to its bearer then, a cookie or a stream, has not ended already.
    expect(await ended(4)).toMatchObject({ is: "admitted", until: now + 1_000 });
    expect(await ended(6)).toMatchObject({ is: "refused" });
  });

  it("signed by somebody else, by a shared secret, or not at all is refused", async () => {
    const { jwk } = await issuing();
    const other = await issuing();
    const payload = { iss: issuer, aud: audience, exp: now / 1000 + 60, issuewire_scope: "admin" };
    // What a server falls for that takes a public key for a shared secret.
    const secret = new TextEncoder().encode(JSON.stringify(jwk));
    const shared = await new SignJWT(payload).setProtectedHeader({ alg: "HS256", kid: "1" }).sign(secret);
    const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const unsigned = `${base64({ alg: "none" })}.${base64(payload)}.`;
    const faults: unknown[] = [];
    const admit = taking(createLocalJWKSet({ keys: [jwk] }), (fault) => faults.push(fault));
    for (const text of [await other.jwt({}), shared, unsigned, "a.b.c"])
      expect(await admit(bearer(text))).toMatchObject({ is: "refused" });
    expect(faults).toEqual([
      { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED", claim: null },
      ...Array(2).fill({ code: "ERR_JOSE_ALG_NOT_ALLOWED", claim: null }),
      { code: "ERR_JWS_INVALID", claim: null },
    ]);
  });

  it("is not refused when the keys cannot be had: it may be valid", async () => {
    const { jwt } = await issuing();
    const failure = new TypeError("fetch failed");
    const keys = () => Promise.reject(failure);
    const readJwt = createJwtReader({ issuer, audience, keys, now: () => now });
    const failures: unknown[] = [];
    const { admit } = admitting([], { readJwt, keysFailed: (error) => failures.push(error) });
    expect(await admit(bearer(await jwt({})))).toMatchObject({ is: "unknown" });
    expect(failures).toEqual([failure]);
  });

  it("turns away those who show nothing, on this machine too", async () => {
    const { jwk } = await issuing();
    expect(await taking(createLocalJWKSet({ keys: [jwk] }))(asking())).toMatchObject({ is: "refused" });
  });
});

describe("the keys of JWTs", () => {
  it("are fetched when a JWT names a new one, and no more when one is gone from among them", async () => {
    const [old, next, unknown] = await Promise.all(["old", "next", "unknown"].map(issuing));
    const served: { keys: unknown; asked: number; status: number } = {
      keys: [old!.jwk],
      asked: 0,
      status: 200,
    };
    const server = createServer((_, response) => {
      served.asked += 1;
      response.writeHead(served.status).end(JSON.stringify({ keys: served.keys }));
    });
    await using at = await listening(server);
    const admit = taking(remoteKeys(new URL(`http://127.0.0.1:${at.port}/keys`), 0));
    const admitted = async ({ jwt }: NonNullable<typeof old>) => (await admit(bearer(await jwt({})))).is;

    expect([await admitted(old!), await admitted(old!), served.asked]).toEqual(["admitted", "admitted", 1]);
    served.keys = [old!.jwk, next!.jwk];
    expect([await admitted(next!), await admitted(old!), served.asked]).toEqual(["admitted", "admitted", 2]);
    served.keys = [next!.jwk];
    expect([await admitted(unknown!), await admitted(old!)]).toEqual(["refused", "refused"]);
    served.status = 500;
    expect([await admitted(unknown!), await admitted(next!)]).toEqual(["unknown", "admitted"]);
    Object.assign(served, { status: 200, keys: "none" });
    expect([await admitted(unknown!), await admitted(next!)]).toEqual(["unknown", "admitted"]);
  });

  it("are not fetched for every name that somebody makes up", async () => {
    const [known, unknown] = await Promise.all(["known", "unknown"].map(issuing));
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      response.end(JSON.stringify({ keys: [known!.jwk] }));
    });
    await using at = await listening(server);
    const admit = taking(remoteKeys(new URL(`http://127.0.0.1:${at.port}/keys`)));
    for (let turn = 0; turn < 10; turn += 1)
      expect(await admit(bearer(await unknown!.jwt({})))).toMatchObject({ is: "refused" });
    expect(asked).toBe(1);
  });
});
