import type { Direction } from "../../store/reader.ts";
import { builder } from "../builder.ts";
import type { Described } from "../types/issue-enums.ts";

export const OrderDirectionType = builder.enumType("OrderDirection", {
  description: "The direction of an order. Null comes last in both.",
  values: {
    ASC: { description: "Least or oldest first." },
    DESC: { description: "Greatest or newest first." },
  } satisfies Described<Direction>,
});
