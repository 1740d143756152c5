import type { Operation } from "../ask.ts";

export type Feed = {
  readonly cursor: string;
  readonly epoch: string;
  readonly lastDeliveryAt: string | null;
  readonly silentForSeconds: number | null;
  readonly isSilent: boolean | null;
  readonly refusedSinceStart: number | null;
  readonly last24Hours: {
    readonly applied: number;
    readonly unchanged: number;
    readonly duplicate: number;
    readonly ignored: number;
    readonly quarantined: number;
  } | null;
};

export const feedHealth: Operation<{ readonly feed: Feed }, object> = {
  text: /* GraphQL */ `
    query FeedHealth {
      feed {
        cursor
        epoch
        lastDeliveryAt
        silentForSeconds
        isSilent
        refusedSinceStart
        last24Hours {
          applied
          unchanged
          duplicate
          ignored
          quarantined
        }
      }
    }
  `,
};

export type Delivery = {
  readonly id: string;
  readonly receivedAt: string;
  readonly resource: string | null;
  readonly action: string | null;
  readonly outcome: "APPLIED" | "UNCHANGED" | "DUPLICATE" | "IGNORED" | "QUARANTINED";
  readonly reason: string | null;
  readonly bytes: number;
  /** The events that come from it: all of one issue. */
  readonly events: readonly {
    readonly issue: { readonly sentryId: string; readonly title: string };
  }[];
};

/** The newest deliveries. A query of its own, because only an admin may see them. */
export const newestDeliveries: Operation<
  { readonly deliveries: { readonly nodes: readonly Delivery[] } },
  object
> = {
  text: /* GraphQL */ `
    query NewestDeliveries {
      deliveries(first: 25) {
        nodes {
          id
          receivedAt
          resource
          action
          outcome
          reason
          bytes
          events {
            issue {
              sentryId
              title
            }
          }
        }
      }
    }
  `,
};
