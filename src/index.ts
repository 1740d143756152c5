/** The gateway as a part of another program: what `issuewire serve` does, without the process around it. */
export { ConfigError, parseConfig, type Config, type Environment } from "./config.ts";
export { startGateway, type Gateway, type Parts } from "./server.ts";
