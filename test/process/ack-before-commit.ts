import { parseConfig, readEnvironment } from "../../src/config.ts";
import { startGatewayOn } from "../../src/server/gateway.ts";
import { openStore } from "../../src/server/open-store.ts";

/** The negative control of the kill experiment: a gateway that acknowledges deliveries before they are on disk. */

let delivery = 0;
await startGatewayOn(async (options) => {
  const store = await openStore(options);
  return {
    ...store,
    append(incoming) {
      setTimeout(() => void store.append(incoming), 50);
      delivery += 1;
      return Promise.resolve({ delivery, outcome: "APPLIED", position: 0 });
    },
  };
}, parseConfig(readEnvironment()));
