/** The secret with which the tests' gateways check webhooks. */
export const secret = "a secret of the tests";
