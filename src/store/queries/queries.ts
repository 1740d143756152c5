import type { Reader } from "../reader.ts";
import { assigneeQueries } from "./assignees.ts";
import { deliveryQueries } from "./deliveries.ts";
import { durationQueries } from "./durations.ts";
import { eventQueries } from "./events.ts";
import { issueQueries } from "./issues.ts";
import { logQueries } from "./log.ts";
import { projectQueries } from "./projects.ts";
import { isStorable } from "../storable.ts";
import type { Asked } from "./query.ts";
import { statisticsQueries } from "./statistics.ts";

/** Every question of `Reader`, asked of this database. */
export function queriesOf(asked: Asked): Reader {
  return {
    ...guarded(logQueries(asked), asked),
    ...guarded(issueQueries(asked), asked),
    ...guarded(eventQueries(asked), asked),
    ...guarded(projectQueries(asked), asked),
    ...guarded(deliveryQueries(asked), asked),
    ...guarded(statisticsQueries(asked), asked),
    ...guarded(assigneeQueries(asked), asked),
    ...guarded(durationQueries(asked), asked),
  };
}

/**
 * The same questions; a database that cannot answer is a failure of ours, whatever its driver threw. What rows are
 * asked for by comes from clients: a key that nothing stored can have finds nothing, and never reaches the database.
 */
function guarded<Queries extends object>(queries: Queries, { failureIn }: Asked): Queries {
  const entries = Object.entries(queries).map(
    ([name, ask]: [string, (...args: unknown[]) => Promise<unknown>]) => [
      name,
      async (...args: unknown[]) => {
        try {
          const [key, ...rest] = args;
          if (typeof key === "string" && !isStorable(key)) return null;
          if (!Array.isArray(key)) return await ask(...args);
          return await ask(
            key.filter((one) => typeof one !== "string" || isStorable(one)),
            ...rest,
          );
        } catch (error) {
          throw failureIn(error) ?? error;
        }
      },
    ],
  );
  return Object.fromEntries(entries) as Queries;
}
