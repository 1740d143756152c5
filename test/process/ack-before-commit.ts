import { parseConfig, readEnvironment } from "../../src/config.ts";
import { startGateway } from "../../src/server.ts";

/** The negative control of the kill experiment: a gateway that acknowledges deliveries before they are on disk. */

let delivery = 0;
await startGateway(parseConfig(readEnvironment()), {
  around: (store) => ({
    ...store,
    append(incoming) {
      setTimeout(() => void store.append(incoming), 50);
      delivery += 1;
      return Promise.resolve({ delivery, outcome: "APPLIED", position: 0 });
    },
  }),
});
