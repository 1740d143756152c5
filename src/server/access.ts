import { ConfigError, type Config } from "../config.ts";
import { createAdmit, type Admit } from "../http/access/admit.ts";
import { createJwtReader, remoteKeys } from "../http/access/jwt.ts";
import type { TokenWatch } from "../http/access/token-watch.ts";
import type { Report } from "../observability/report.ts";
import { howToRun } from "../program/how-to-run.ts";

export type AccessOptions = {
  readonly config: Config;
  readonly tokens: TokenWatch;
  readonly report: Pick<Report, "keysFailed" | "jwtRefused">;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** Addresses that nobody on another machine can reach. */
const loopbackHosts: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "::1"]);

/**
 * Decides who may read, by the settings and the tokens.
 * @throws ConfigError if other machines can reach the gateway and nothing says who may read.
 */
export function createAccess({ config, tokens, report, now }: AccessOptions) {
  const readJwt = jwtReaderOf(config, now);
  const isOnLoopback = loopbackHosts.has(config.HOST);
  const allowAnonymous = config.ALLOW_ANONYMOUS === "read";
  const saysWho = () => allowAnonymous || readJwt !== null || tokens.hasAny();
  if (!isOnLoopback && !saysWho()) throw new ConfigError(howToBeExposed(config.HOST));
  const canTellOwn = isOnLoopback && config.TRUST_PROXY === 0;
  const admit: Admit = createAdmit({
    tokens,
    readJwt,
    allowAnonymous,
    canTellOwn,
    now,
    keysFailed: report.keysFailed,
    jwtRefused: report.jwtRefused,
  });
  return {
    admit,
    /** True while requests made on this machine may read everything without a token. */
    isOpenHere: (): boolean => canTellOwn && !saysWho(),
  };
}

function jwtReaderOf(
  { JWT_JWKS_URL: url, JWT_ISSUER: issuer, JWT_AUDIENCE: audience }: Config,
  now: () => number,
) {
  if (url === undefined || issuer === undefined || audience === undefined) return null;
  return createJwtReader({ issuer, audience, keys: remoteKeys(new URL(url)), now });
}

function howToBeExposed(host: string): string {
  return [
    `With HOST=${host} other machines could read everything, so the gateway must know who may read. Do one of these:`,
    `  - make a token: "${howToRun("token create --name me --scope admin")}"`,
    "  - take JWTs: set JWT_JWKS_URL, JWT_ISSUER and JWT_AUDIENCE",
    "  - let everyone read what is not private: ALLOW_ANONYMOUS=read",
    "  - or listen only on this machine: do not set HOST",
  ].join("\n");
}
