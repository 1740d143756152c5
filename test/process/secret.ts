/** What the gateways of the tests check webhooks with. */
export const secret = "a secret of the tests";
