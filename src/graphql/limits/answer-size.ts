import type { GraphQLError, GraphQLResolveInfo } from "graphql";
import type { Json } from "../../domain/issue.ts";
import { errorOf } from "../errors.ts";
import { usualListLength } from "./costs.ts";
import { costOfEach } from "./measure.ts";

/**
 * Bounds the parts of one answer whose size the document does not tell: lists that no argument limits, which may be
 * nested in each other, and values as Sentry sent them, which may be large and selected many times.
 */
export type AnswerSize = {
  /** Starts again at zero: what a failed execution counted is in no answer. */
  readonly begin: () => void;
  /**
   * Counts a list that the field of `info` resolves to, and returns it. Returns an empty one once the lists of the
   * answer have more values than allowed, beyond those measured beforehand.
   */
  readonly counted: <One>(list: readonly One[], info: GraphQLResolveInfo) => readonly One[];
  /** Counts a value that is as Sentry sent it, and returns it. The first one of an answer may be of any size. */
  readonly weighed: <Value extends Json>(value: Value) => Value;
  /**
   * QUERY_TOO_COMPLEX, to be sent in place of the answer, if there is too much; else null. It is not thrown where that
   * is found out: thousands of fields would each have an error of their own, which takes longer than most answers.
   */
  readonly refusal: () => GraphQLError | null;
};

/** Writing this much JSON blocks the event loop for 20 ms. */
const mostCharacters = 4_000_000;

/** @param now epoch milliseconds, from which relative times in the document count. */
export function createAnswerSize(mostValues: number, now: number): AnswerSize {
  let values = 0;
  let characters = 0;
  let refusal: GraphQLError | null = null;
  /** Made when it is first needed: few executions have a long list. */
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
        `The lists in this answer are too long: it has over ${mostValues} more values than estimated for the document. ` +
          "Ask for fewer at once, or for pages (`transitions`, `events`).",
      );
      return [];
    },
    weighed(value) {
      const isFirst = characters === 0;
      // Beyond the limit, nothing need be counted any more.
      if (characters <= mostCharacters) characters += charactersIn(value);
      if (characters > mostCharacters && !isFirst)
        refusal ??= errorOf(
          "QUERY_TOO_COMPLEX",
          "The fields passed on as Sentry sent them (`raw`, `metadata`, `snapshot`, `body`) exceed " +
            `${mostCharacters / 1e6} MB: ask for fewer at once.`,
        );
      return value;
    },
    refusal: () => refusal,
  };
}

/** About how many characters the value takes as JSON. It recurses: webhooks are limited in how deep they nest. */
function charactersIn(value: Json): number {
  if (typeof value === "string") return value.length + 3;
  if (typeof value !== "object" || value === null) return 6;
  let sum = 2;
  if (Array.isArray(value)) for (const one of value as readonly Json[]) sum += charactersIn(one);
  else for (const [name, one] of Object.entries(value)) sum += name.length + 3 + charactersIn(one);
  return sum;
}
