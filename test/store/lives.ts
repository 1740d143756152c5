import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import { at, webhook } from "./deliveries.ts";

const actors = {
  ada: { type: "user", id: 5, name: "Ada" },
  sentry: { type: "application", id: "sentry", name: "Sentry" },
} as const;

/** What the issue shows, under Sentry's names. */
export type Shown = {
  readonly level?: string | null;
  readonly priority?: string | null;
  readonly issueCategory?: string;
  readonly assignedTo?: object | null;
  readonly project?: { readonly id: string; readonly slug: string; readonly name: string } | null;
};

/** One webhook in an issue's life: when it was sent, in seconds; its action; the state it shows; who acted. */
export type Step = readonly [at: number, says: string, shows: string, by?: keyof typeof actors];

/**
 * The webhooks of an issue. States are such as `unresolved/new` or `resolved`. `shown` may have one element per
 * webhook.
 */
export function life(
  issue: string,
  steps: readonly Step[],
  shown: Shown | readonly Shown[] = {},
): readonly IncomingDelivery[] {
  return steps.map(([second, action, shows, by = "ada"], index) => {
    const [status, substatus = null] = shows.split("/");
    return webhook(
      {
        action,
        data: {
          issue: {
            id: issue,
            shortId: `WEB-${issue}`,
            title: `Issue ${issue}`,
            level: "error",
            statusDetails: {},
            project: { id: "7", slug: "web", name: "Web" },
            metadata: {},
            firstSeen: new Date(at(0)).toISOString(),
            ...(shown instanceof Array ? shown[index] : shown),
            status,
            substatus,
            count: String(index + 1),
            lastSeen: new Date(at(second)).toISOString(),
          },
        },
        actor: actors[by],
      },
      { at: second },
    );
  });
}
