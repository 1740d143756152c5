import { StorageUnavailableError } from "../../domain/failure.ts";
import type { Reader } from "../reader.ts";
import { deliveryQueries } from "./deliveries.ts";
import { durationQueries } from "./durations.ts";
import { eventQueries } from "./events.ts";
import { issueQueries } from "./issues.ts";
import { logQueries } from "./log.ts";
import { projectQueries } from "./projects.ts";
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
    ...guarded(durationQueries(asked), asked),
  };
}

/** The same questions; a database that cannot answer is StorageUnavailableError, whatever its driver threw. */
function guarded<Queries extends object>(queries: Queries, { isDatabaseError }: Asked): Queries {
  const entries = Object.entries(queries).map(
    ([name, ask]: [string, (...args: unknown[]) => Promise<unknown>]) => [
      name,
      async (...args: unknown[]) => {
        try {
          return await ask(...args);
        } catch (error) {
          if (!isDatabaseError(error)) throw error;
          throw new StorageUnavailableError("The store could not be read.", { cause: error });
        }
      },
    ],
  );
  return Object.fromEntries(entries) as Queries;
}
