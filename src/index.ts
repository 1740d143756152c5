/** The gateway as a part of another program: what `issuewire serve` does, without the process around it. */
import type { Config } from "./config.ts";
import type { Logger } from "./observability/logger.ts";
import { startGateway as startWith, type Gateway } from "./server/gateway.ts";

export { ConfigError, parseConfig, type Config, type Environment } from "./config.ts";
export type { Gateway, Logger };

export type GatewayOptions = {
  /** Epoch milliseconds; the system's clock by default. */
  readonly now?: () => number;
  /** A pino logger. By default, lines of JSON are written to standard output, from LOG_LEVEL on. */
  readonly logger?: Logger;
};

/**
 * Starts a gateway in this process. Resolves once it listens.
 *
 * Disposing it turns readiness off, stops accepting connections, ends the streams, answers the webhooks that are in, and
 * closes the store, in that order.
 * @throws Error that says what to do if something is unavailable, such as the port or the database file.
 */
export function startGateway(config: Config, { now, logger }: GatewayOptions = {}): Promise<Gateway> {
  return startWith(config, { ...(now && { now }), ...(logger && { logger }) });
}
