import type { Operation } from "../ask.ts";

/** Nothing but whether the gateway answers who asks. */
export const isAnswered: Operation<{ readonly __typename: string }, object> = {
  text: /* GraphQL */ `
    query IsAnswered {
      __typename
    }
  `,
};
