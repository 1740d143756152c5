import { isStorable } from "../../domain/text.ts";
import { wrapMethods } from "../wrap-methods.ts";
import type { Reader } from "../reader.ts";
import { assigneeQueries } from "./assignees.ts";
import { deliveryQueries } from "./deliveries.ts";
import { durationQueries } from "./durations.ts";
import { eventQueries } from "./events.ts";
import { issuePageQueries } from "./issue-pages.ts";
import { issueQueries } from "./issues.ts";
import { logQueries } from "./log.ts";
import { projectQueries } from "./projects.ts";
import type { QueryContext } from "./query.ts";
import { statisticsQueries } from "./statistics.ts";

/**
 * Implements `Reader` on this database.
 *
 * If the database cannot answer, the error is one of ours, whatever its driver threw. Keys come from clients, and a
 * viewer's projects from whoever signs the tokens: a text that cannot be stored (see `isStorable`) finds nothing, and
 * is never sent to the database.
 */
export function queriesOf(context: QueryContext): Reader {
  const queries: Reader = {
    ...logQueries(context),
    ...issueQueries(context),
    ...issuePageQueries(context),
    ...eventQueries(context),
    ...projectQueries(context),
    ...deliveryQueries(context),
    ...statisticsQueries(context),
    ...assigneeQueries(context),
    ...durationQueries(context),
  };
  return wrapMethods(queries, async (ask, args) => {
    try {
      const [key] = args;
      if (typeof key === "string" && !isStorable(key)) return null;
      return await ask(...args.map(withoutUnstorable));
    } catch (error) {
      throw context.questionFailure(error) ?? error;
    }
  });
}

/** A list without the texts that cannot be stored; anything else as it is. */
function withoutUnstorable(argument: unknown): unknown {
  if (!Array.isArray(argument)) return argument;
  return argument.filter((one) => typeof one !== "string" || isStorable(one));
}
