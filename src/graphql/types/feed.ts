import type { DeliveryOutcome } from "../../domain/delivery.ts";
import type { LogBounds } from "../../store/reader.ts";
import { builder } from "../builder.ts";
import { dependsOnTime } from "../caching/depends-on-time.ts";
import type { Context } from "../context.ts";
import { saturated } from "./int.ts";
import { newestPosition } from "../paging/position.ts";

type FeedCounts = Readonly<Record<DeliveryOutcome, number>>;

const FeedCountsType = builder.objectRef<FeedCounts>("FeedCounts").implement({
  description: "How many signed webhooks were received, by what became of them.",
  fields: (t) => ({
    applied: t.int({ description: "APPLIED.", resolve: ({ APPLIED }) => saturated(APPLIED) }),
    unchanged: t.int({
      description: "UNCHANGED.",
      resolve: ({ UNCHANGED }) => saturated(UNCHANGED),
    }),
    duplicate: t.int({
      description: "DUPLICATE.",
      resolve: ({ DUPLICATE }) => saturated(DUPLICATE),
    }),
    ignored: t.int({ description: "IGNORED.", resolve: ({ IGNORED }) => saturated(IGNORED) }),
    quarantined: t.int({
      description: "QUARANTINED.",
      resolve: ({ QUARANTINED }) => saturated(QUARANTINED),
    }),
  }),
});

const ofAllProjects = "It covers all projects: null for a viewer limited to some.";

const FeedType = builder.objectRef<LogBounds>("Feed").implement({
  description: "The health of the feed: what Sentry sends, not what the gateway serves.",
  fields: (t) => ({
    cursor: t.field({
      type: "Cursor",
      description:
        "The log's newest position. An operation that selects it reads everything as of this position: read " +
        "it together with a list, subscribe after it, and you miss nothing and get nothing twice.",
      resolve: newestPosition,
    }),
    oldestCursor: t.field({
      type: "Cursor",
      description: "The oldest position that a subscription can still resume after.",
      resolve: ({ epoch, oldest }) => ({ epoch, seq: oldest }),
    }),
    epoch: t.exposeString("epoch", {
      description:
        "The epoch of the log. `rebuild` or a restored backup begins a new one, and cursors of another epoch " +
        "are rejected.",
    }),
    lastDeliveryAt: t.field({
      type: "DateTime",
      nullable: true,
      description: `When the newest signed webhook that is still kept was received; null if there is none. ${ofAllProjects}`,
      resolve: (_feed, _args, context) => lastDeliveryAt(context),
    }),
    silentForSeconds: t.float({
      extensions: dependsOnTime,
      nullable: true,
      description: "Seconds since `lastDeliveryAt`; null if that is null. " + ofAllProjects,
      resolve: async (_feed, _args, context) => {
        const silentMs = await silenceMs(context);
        return silentMs === null ? null : silentMs / 1000;
      },
    }),
    isSilent: t.boolean({
      extensions: dependsOnTime,
      nullable: true,
      description:
        "True once no webhook has come for longer than FEED_SILENCE_AFTER; null if that is not set, or if `lastDeliveryAt` is null. " +
        ofAllProjects,
      resolve: async (_feed, _args, context) => {
        const { silenceAfterMs } = context.services.feed;
        const silentMs = await silenceMs(context);
        return silenceAfterMs === null || silentMs === null ? null : silentMs > silenceAfterMs;
      },
    }),
    last24Hours: t.field({
      extensions: dependsOnTime,
      type: FeedCountsType,
      nullable: true,
      description: `The signed webhooks of the last 24 hours. ${ofAllProjects}`,
      resolve: (_feed, _args, { loaders, viewer }) =>
        viewer.projects === "all" ? loaders.outcomeCounts() : null,
    }),
    refusedSinceStart: t.int({
      extensions: dependsOnTime,
      nullable: true,
      description:
        "How many webhooks this process has rejected since it started because they had no valid signature. " +
        ofAllProjects,
      resolve: (_feed, _args, { services, viewer }) =>
        viewer.projects === "all" ? saturated(services.feed.refusedSinceStart()) : null,
    }),
  }),
});

/** Null for a viewer limited to some projects, since it covers all. */
async function lastDeliveryAt({ loaders, viewer }: Context): Promise<number | null> {
  return viewer.projects === "all" ? loaders.lastDeliveryAt() : null;
}

/** Never negative, even if the gateway's clock has been set back since. */
async function silenceMs(context: Context): Promise<number | null> {
  const last = await lastDeliveryAt(context);
  return last === null ? null : Math.max(0, context.now - last);
}

builder.queryField("feed", (t) =>
  t.field({
    type: FeedType,
    description: "The log's position, and how well Sentry's webhooks arrive.",
    resolve: (_root, _args, { loaders }) => loaders.bounds(),
  }),
);
