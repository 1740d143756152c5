import type { IssueChangeKind } from "../domain/change.ts";
import type { IssueFilter } from "../domain/filter.ts";
import { nodeId } from "../domain/node-id.ts";
import { builder } from "./builder.ts";
import { IssueEventType } from "./event.ts";
import { filterOf } from "./filter-input.ts";
import { IssueEdgeType, IssueType } from "./issue.ts";
import type { Described } from "./issue-enums.ts";
import { IssueFilterType } from "./issue-filter.ts";
import { defaultIssueOrder, issuesBy } from "./issue-order.ts";
import { pageCursorOf } from "./page-cursor.ts";
import { permittedChanges } from "./permitted.ts";
import { entriesAfter, type Told } from "./live-source.ts";
import { withheld } from "./withheld.ts";

const IssueChangeKindType = builder.enumType("IssueChangeKind", {
  description: "What a filtered list must do.",
  values: {
    ENTERED: { description: "The issue matches and did not before: insert it." },
    UPDATED: { description: "The issue matches, as before: replace it." },
    LEFT: {
      description:
        "The issue matched and does not any more: remove it. Told to every list when the gateway was made to forget the " +
        "issue: then nothing is known of it but its id.",
    },
  } satisfies Described<IssueChangeKind>,
});

type IssueChange = Told & { readonly kind: IssueChangeKind };

const IssueChangeType = builder.objectRef<IssueChange>("IssueChange").implement({
  description: "One entry of the log, as a list of issues under a filter sees it.",
  fields: (t) => ({
    cursor: t.field({
      type: "Cursor",
      description: "The entry's position: resume after it.",
      resolve: ({ entry, epoch }) => ({ epoch, seq: entry.event.seq }),
    }),
    kind: t.expose("kind", { type: IssueChangeKindType, description: "What the list must do." }),
    issue: t.field({
      type: IssueType,
      description:
        "What the gateway knew once this entry of the log was applied (a late event does not bring an old status back). " +
        "Fields that `IssueFilter` or `IssueOrder` name, and `statusDetails`, are as of this entry; every other field and " +
        "every connection is current. Clients upsert by `id`.",
      resolve: ({ entry }) => entry.after,
    }),
    leftId: t.id({
      nullable: true,
      description: "The issue's global id, for deletion; set for LEFT alone.",
      resolve: ({ kind, entry }) => (kind === "LEFT" ? nodeId("Issue", entry.after.sentryId) : null),
    }),
    edge: t.field({
      type: IssueEdgeType,
      nullable: true,
      description:
        "For insertion into a connection; set for ENTERED alone. Its cursor is one of `Query.issues` in the default order.",
      resolve: ({ kind, entry: { after } }) =>
        kind === "ENTERED" ? { cursor: pageCursorOf(issuesBy(defaultIssueOrder), after), node: after } : null,
    }),
    event: t.field({
      type: IssueEventType,
      description: "The event that this entry of the log is.",
      resolve: ({ entry }) => entry.event,
    }),
  }),
});

builder.subscriptionField("issueChanged", (t) =>
  t.field({
    type: IssueChangeType,
    description:
      "What a list of issues under this filter must do to stay true. The filter is tried on the issue before and after " +
      "each entry of the log, in log order; relative times in it count from the entry's commit, so an issue that " +
      "crosses such a bound without an event sends nothing.",
    args: {
      filter: t.arg({ type: IssueFilterType, description: "The list's filter; left out, all issues." }),
      after: t.arg({
        type: "Cursor",
        description: "Begin after this position; left out, with the next event. Best given by a variable.",
      }),
    },
    subscribe: (_root, { filter, after }, context) => {
      // The context would live as long as the subscription, and all of the request with it.
      const { viewer } = context;
      const changeOf = permittedChanges(filterOf<IssueFilter>(filter), viewer);
      return entriesAfter(after, context, (payload): IssueChange | null => {
        const kind = changeOf(payload.entry);
        return kind === null ? null : { ...payload, kind, entry: withheld(payload.entry, viewer) };
      });
    },
    resolve: (change) => change,
  }),
);
