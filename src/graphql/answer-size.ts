import type { GraphQLError, GraphQLResolveInfo } from "graphql";
import type { Json } from "../domain/issue.ts";
import { errorOf } from "./errors.ts";
import { costOfEach, usualListLength } from "./measure.ts";

/**
 * The size of the parts of one answer whose size the document does not tell: lists that no argument limits, which may be
 * nested in each other, and values as Sentry sent them, which may be large and selected many times.
 */
export type AnswerSize = {
  /** Counts anew: what an execution that did not come to its end has counted is of no answer. */
  readonly begin: () => void;
  /**
   * The list, which the field that `info` tells of resolves to; an empty one once the answer has more values than it may
   * have, beyond those measured.
   */
  readonly counted: <One>(list: readonly One[], info: GraphQLResolveInfo) => readonly One[];
  /** The value, which is as Sentry sent it. One by itself, with no other in the answer, may be of any size. */
  readonly weighed: <Value extends Json>(value: Value) => Value;
  /**
   * QUERY_TOO_COMPLEX where there is too much, in place of the whole answer; null where there is not. It is not thrown
   * where that is found out: thousands of fields would each have an error of their own, which takes longer than most
   * answers.
   */
  readonly refusal: () => GraphQLError | null;
};

/** To write so much as JSON takes 20 ms, in which nothing else is done. */
const mostCharacters = 4_000_000;

/** @param now epoch milliseconds that relative times in the document count from. */
export function createAnswerSize(mostValues: number, now: number): AnswerSize {
  let values = 0;
  let characters = 0;
  let refusal: GraphQLError | null = null;
  /** Made when it is first needed: few executions have a list that is long. */
  let costOf: ReturnType<typeof costOfEach> | undefined;

  return {
    begin() {
      values = 0;
      characters = 0;
      refusal = null;
    },
    counted(list, info) {
      const more = list.length - usualListLength;
      if (more <= 0) return list;
      costOf ??= costOfEach(info, now);
      values += more * costOf(info);
      if (values <= mostValues) return list;
      refusal ??= errorOf(
        "QUERY_TOO_COMPLEX",
        `The lists in this answer are long: it has over ${mostValues} values more than the document was estimated at. ` +
          "Ask for fewer at once, or for pages (`transitions`, `events`).",
      );
      return [];
    },
    weighed(value) {
      const isFirst = characters === 0;
      // Beyond, nothing need be counted any more.
      if (characters <= mostCharacters) characters += charactersIn(value);
      if (characters > mostCharacters && !isFirst)
        refusal ??= errorOf(
          "QUERY_TOO_COMPLEX",
          "What the answer has as Sentry sent it (`raw`, `metadata`, `snapshot`, `body`) takes more than " +
            `${mostCharacters / 1e6} MB: ask for fewer at once.`,
        );
      return value;
    },
    refusal: () => refusal,
  };
}

/** About how many characters the value has as JSON. It is as of `JSON.parse`, and nests no deeper than a webhook may. */
function charactersIn(value: Json): number {
  if (typeof value === "string") return value.length + 3;
  if (typeof value !== "object" || value === null) return 6;
  let sum = 2;
  if (Array.isArray(value)) for (const one of value as readonly Json[]) sum += charactersIn(one);
  else for (const [name, one] of Object.entries(value)) sum += name.length + 3 + charactersIn(one);
  return sum;
}
