import DataLoader from "dataloader";
import type { Interval } from "../../domain/calendar.ts";
import type { IssueFilter } from "../../domain/filter.ts";
import type { Facet, Facets, Period } from "../../domain/statistics.ts";
import type { Reader } from "../../store/reader.ts";
import type { Context } from "../context.ts";
import { flowBuckets } from "../types/flow.ts";
import type { Loaders } from "./loaders.ts";
import { remembered } from "../caching/remembered.ts";

/** What statistics are about: the issues that match, and a period. */
export type Subject = { readonly filter: IssueFilter; readonly period: Period };

/** The figures of one subject. Each is read from the store once, when it is first needed. */
export type Figures = ReturnType<typeof createFigures>;

/** The figures of a subject, shared by all fields of one execution that ask for them. */
export function figuresOf(subject: Subject, { reader, loaders, now }: Context): Figures {
  let figures = ofExecution.get(loaders);
  if (figures === undefined) {
    figures = remembered((wanted: Subject) => createFigures(wanted, reader, now));
    ofExecution.set(loaders, figures);
  }
  return figures(subject);
}

/** Keyed by the loaders, of which each execution has its own. */
const ofExecution = new WeakMap<Loaders, (subject: Subject) => Figures>();

function createFigures({ filter, period }: Subject, reader: Reader, now: number) {
  const counted = { filter, now };
  const countedPeriod = { ...counted, period };
  // Facets that are selected together are counted in one scan.
  const facets = new DataLoader(async (names: readonly (Facet | "total")[]) => {
    const answer = await reader.issueFacets({ ...counted, facets: names.filter((name) => name !== "total") });
    return names.map(() => answer);
  });
  return {
    facets: (name: Facet | "total"): Promise<Facets> => facets.load(name),
    projects: remembered(() => reader.issueProjects(counted)),
    assignees: remembered(() => reader.issueAssignees(counted)),
    flow: remembered((interval: Interval, timeZone: string) =>
      reader.issueFlow({ ...counted, buckets: flowBuckets(period, interval, timeZone) }),
    ),
    timeToResolve: remembered(() => reader.timeToResolve(countedPeriod)),
    timeToTriage: remembered(() => reader.timeToTriage(countedPeriod)),
    timeInStatus: remembered(() => reader.timeInStatus(countedPeriod)),
    reopenRate: remembered(() => reader.reopenRate(countedPeriod)),
    inferredShare: remembered(() => reader.inferredShare(countedPeriod)),
  };
}
