import type { TransitionOrder } from "../../store/reader.ts";
import { builder } from "../builder.ts";
import type { Described } from "../types/issue-enums.ts";
import { OrderDirectionType } from "./order-direction.ts";

const TransitionOrderFieldType = builder.enumType("TransitionOrderField", {
  description: "What a list of transitions can be ordered by.",
  values: {
    OCCURRED_AT: {
      description: "`occurredAt`. What happened to one issue at one time is in history order.",
    },
    CURSOR: { description: "The position in the log: the order in which the gateway committed them." },
  } satisfies Described<TransitionOrder["field"]>,
});

export const TransitionOrderType = builder.inputType("TransitionOrder", {
  description: "The order of a list of transitions.",
  fields: (t) => ({
    field: t.field({ type: TransitionOrderFieldType, required: true, description: "What to order by." }),
    direction: t.field({ type: OrderDirectionType, required: true, description: "Which end comes first." }),
  }),
});

export const defaultTransitionOrder: TransitionOrder = { field: "OCCURRED_AT", direction: "DESC" };
