import type { GraphQLResolveInfo } from "graphql";
import { errorOf } from "./errors.ts";
import { costOfEach, usualListLength } from "./measure.ts";

/**
 * The lists of one execution whose length no argument limits. A document is measured as if they were short; nested in each
 * other, they may have any number of values.
 */
export type LongLists = {
  /** Counts anew: what an execution that did not come to its end has counted is of no answer. */
  readonly begin: () => void;
  /**
   * The list, which the field that `info` tells of resolves to.
   * @throws GraphQLError QUERY_TOO_COMPLEX once the answer has more values than it may have, beyond those measured.
   */
  readonly counted: <One>(list: readonly One[], info: GraphQLResolveInfo) => readonly One[];
};

/** @param now epoch milliseconds that relative times in the document count from. */
export function createLongLists(mostValues: number, now: number): LongLists {
  let values = 0;
  /** Made when it is first needed: few executions have a list that is long. */
  let costOf: ReturnType<typeof costOfEach> | undefined;

  return {
    begin() {
      values = 0;
    },
    counted(list, info) {
      const more = list.length - usualListLength;
      if (more <= 0) return list;
      costOf ??= costOfEach(info, now);
      values += more * costOf(info);
      if (values <= mostValues) return list;
      throw errorOf(
        "QUERY_TOO_COMPLEX",
        `With lists as long as they are here the answer has more than ${mostValues} values beyond what the document ` +
          "lets expect: ask for fewer at once, or for pages (`transitions`, `events`).",
      );
    },
  };
}
