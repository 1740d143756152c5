import type { IssueStatus } from "../../domain/issue.ts";
import type { DurationFigures } from "../../domain/statistics.ts";
import { builder } from "../builder.ts";
import { IssueStatusType } from "./issue-enums.ts";

const nearestRank = (percent: number) =>
  `(nearest rank): at least ${percent} % of the counted durations are this long or shorter. Null when \`n\` is 0.`;

export const DurationStatsType = builder.objectRef<DurationFigures>("DurationStats").implement({
  description:
    "How long something took, in seconds: all cases that ended in the period, whenever they began. Cases " +
    "that have not ended are not counted.",
  fields: (t) => ({
    n: t.exposeInt("n", { description: "How many cases ended in the period." }),
    meanSeconds: t.float({
      nullable: true,
      description: "The arithmetic mean; null when `n` is 0.",
      resolve: ({ seconds }) => seconds?.mean ?? null,
    }),
    p50Seconds: t.float({
      nullable: true,
      description: `The median ${nearestRank(50)}`,
      resolve: ({ seconds }) => seconds?.p50 ?? null,
    }),
    p90Seconds: t.float({
      nullable: true,
      description: `The 90th percentile ${nearestRank(90)}`,
      resolve: ({ seconds }) => seconds?.p90 ?? null,
    }),
    p99Seconds: t.float({
      nullable: true,
      description: `The 99th percentile ${nearestRank(99)}`,
      resolve: ({ seconds }) => seconds?.p99 ?? null,
    }),
  }),
});

export type StatusDuration = { readonly status: IssueStatus; readonly seconds: DurationFigures };

export const StatusDurationType = builder.objectRef<StatusDuration>("StatusDuration").implement({
  description: "How long issues stayed in a status.",
  fields: (t) => ({
    status: t.expose("status", { type: IssueStatusType, description: "The status." }),
    seconds: t.expose("seconds", {
      type: DurationStatsType,
      description: "The durations of the stays that ended in the period.",
    }),
  }),
});
