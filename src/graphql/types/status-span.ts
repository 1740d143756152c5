import type { Span } from "../../domain/spans.ts";
import { builder } from "../builder.ts";
import { IssueStateType } from "./issue-state.ts";
import { StatusTransitionType } from "./refs.ts";

export const StatusSpanType = builder.objectRef<Span>("StatusSpan").implement({
  description: "One stay in a status and substatus.",
  fields: (t) => ({
    state: t.expose("state", { type: IssueStateType, description: "The status and substatus." }),
    startedAt: t.expose("startedAt", { type: "DateTime", description: "When the stay began." }),
    endedAt: t.expose("endedAt", {
      type: "DateTime",
      nullable: true,
      description: "When it ended; null if it has not.",
    }),
    seconds: t.float({
      nullable: true,
      description: "How long it lasted, in seconds; null if it has not ended: count from `startedAt`.",
      resolve: ({ startedAt, endedAt }) => (endedAt === null ? null : (endedAt - startedAt) / 1000),
    }),
    startedBy: t.expose("startedBy", {
      type: StatusTransitionType,
      description: "The transition that began it.",
    }),
  }),
});
