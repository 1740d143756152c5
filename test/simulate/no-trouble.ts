import type { Trouble } from "../../src/simulate/traffic.ts";

/** Every webhook arrives once and within seconds. The order can still change, as in Sentry's own queue. */
export const noTrouble: Trouble = { late: 0, repeated: 0, lost: 0 };
