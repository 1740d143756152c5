import type { TransitionFilter } from "../../domain/filter.ts";
import { transitionTest } from "../../domain/matches.ts";
import { isTransition, type TransitionEvent } from "../../domain/transition.ts";
import { builder } from "../builder.ts";
import { filterOf } from "../filters/filter-input.ts";
import { permittedTransitions } from "../reading/permitted.ts";
import { entriesAfter, type Told } from "../live/live-source.ts";
import { StatusTransitionType } from "./refs.ts";
import { TransitionFilterType } from "../filters/transition-filter.ts";

type StatusTransitioned = Told & { readonly transition: TransitionEvent };

const StatusTransitionedType = builder.objectRef<StatusTransitioned>("StatusTransitioned").implement({
  description: "One entry of the log that changed an issue's status or substatus.",
  fields: (t) => ({
    cursor: t.field({
      type: "Cursor",
      description: "The entry's position: resume after it.",
      resolve: ({ transition, epoch }) => ({ epoch, seq: transition.seq }),
    }),
    transition: t.expose("transition", { type: StatusTransitionType, description: "The change." }),
  }),
});

builder.subscriptionField("statusTransitioned", (t) =>
  t.field({
    type: StatusTransitionedType,
    description:
      "Every change of status or substatus that matches, in log order. If a late delivery corrects a change, the " +
      "correction is another entry, whose `event.supersedesAll` lists the old one. It is sent only if it matches too: " +
      "with a filter by `kind`, you do not learn that a change was of another kind. Nor do you learn that a change was " +
      "withdrawn without replacement. To keep a history, follow `issueChanged` without a filter: it sends every entry.",
    args: {
      filter: t.arg({
        type: TransitionFilterType,
        description: "Only those that match this; by default all.",
      }),
      after: t.arg({
        type: "Cursor",
        description: "Start after this position; by default with the next event. Best passed as a variable.",
      }),
    },
    subscribe: (_root, { filter, after }, context) => {
      const passes = transitionTest(permittedTransitions(filterOf<TransitionFilter>(filter), context.viewer));
      return entriesAfter(after, context, (payload): StatusTransitioned | null => {
        const { event } = payload.entry;
        return isTransition(event) && passes(payload.entry, event.committedAt)
          ? { ...payload, kind: "TRANSITIONED", transition: event }
          : null;
      });
    },
    resolve: (transitioned) => transitioned,
  }),
);
