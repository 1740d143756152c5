import type { Operation } from "../ask.ts";

/** Asks only whether the gateway answers this reader. */
export const isAnswered: Operation<{ readonly __typename: string }, object> = {
  text: /* GraphQL */ `
    query IsAnswered {
      __typename
    }
  `,
};
