import type { IncomingDelivery } from "../../domain/delivery.ts";

/** A delivery and its own id. */
export type Numbered = { readonly id: number; readonly delivery: IncomingDelivery };
