/** Request bodies as Sentry sends them, in the shape of its current version. */

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Fields = { readonly [key: string]: Json };

/** The issue object of a first report. A field given as undefined is left out. */
export function anIssueObject(fields: { readonly [key: string]: Json | undefined } = {}): Fields {
  const all = {
    url: "https://sentry.io/api/0/organizations/lumen-labs/issues/6812340001/",
    web_url: "https://lumen-labs.sentry.io/issues/6812340001/",
    project_url: "https://lumen-labs.sentry.io/issues/?project=4509877862268928",
    id: "6812340001",
    shareId: null,
    shortId: "CHECKOUT-WEB-1A2",
    title: "TypeError: Cannot read properties of undefined (reading 'total')",
    culprit: "submitOrder(src/checkout/submit)",
    permalink: "https://lumen-labs.sentry.io/issues/6812340001/",
    logger: null,
    level: "error",
    status: "unresolved",
    statusDetails: {},
    substatus: "new",
    isPublic: false,
    platform: "javascript",
    project: {
      id: "4509877862268928",
      name: "Checkout Web",
      slug: "checkout-web",
      platform: "javascript-react",
    },
    type: "error",
    metadata: { type: "TypeError", value: "Cannot read properties of undefined (reading 'total')" },
    numComments: 0,
    assignedTo: null,
    isBookmarked: false,
    isSubscribed: false,
    subscriptionDetails: null,
    hasSeen: false,
    annotations: [],
    issueType: "error",
    issueCategory: "error",
    priority: "high",
    priorityLockedAt: null,
    seerFixabilityScore: null,
    seerAutofixLastTriggered: null,
    isUnhandled: true,
    count: "3",
    userCount: 2,
    firstSeen: "2026-10-01T10:00:00.679000+00:00",
    lastSeen: "2026-10-01T10:00:04.738123+00:00",
    ...fields,
  };
  return JSON.parse(JSON.stringify(all));
}

/** The bytes that Sentry would send about `issue`. */
export function anIssueBody({
  action = "created",
  issue = anIssueObject(),
  data = {},
  actor = { type: "application", id: "sentry", name: "Sentry" },
}: {
  readonly action?: Json;
  readonly issue?: Json;
  readonly data?: Fields;
  readonly actor?: Json;
} = {}): Buffer {
  return bytesOf({ action, installation, data: { ...data, issue }, actor });
}

export const installation = { uuid: "7c9e2b14-51f0-4a3a-9d0e-6b5b0f7e21aa" };

export function bytesOf(body: Json): Buffer {
  return Buffer.from(JSON.stringify(body));
}

/** A body of about 200 kB, too large to be read on the main thread. */
export function aLargeBody(): Buffer {
  const breadcrumbs = Object.fromEntries(
    Array.from({ length: 200 }, (_, at) => [`breadcrumb_${at}`, `${at} `.padEnd(1000, "x")]),
  );
  return anIssueBody({ issue: anIssueObject({ metadata: { type: "TypeError", ...breadcrumbs } }) });
}
