import type { IssueChangeKind } from "../../domain/change.ts";
import type { IssueFilter } from "../../domain/filter.ts";
import { nodeId } from "../../domain/node-id.ts";
import { builder } from "../builder.ts";
import { filterOf } from "../filters/filter-input.ts";
import { IssueEdgeType } from "./issue.ts";
import type { Described } from "./issue-enums.ts";
import { IssueFilterType } from "../filters/issue-filter.ts";
import { defaultIssueOrder, issuesBy } from "../paging/issue-order.ts";
import { pageCursorOf } from "../paging/page-cursor.ts";
import { permittedChanges } from "../reading/permitted.ts";
import { entriesAfter, type Told } from "../live/live-source.ts";
import { IssueEventType, IssueType } from "./refs.ts";
import { withheld } from "../reading/withheld.ts";

const IssueChangeKindType = builder.enumType("IssueChangeKind", {
  description: "What a filtered list must do.",
  values: {
    ENTERED: { description: "The issue matches and did not before: insert it." },
    UPDATED: { description: "The issue matches, as before: replace it." },
    LEFT: {
      description:
        "The issue matched and no longer does: remove it. Every list also gets LEFT when an issue is erased by " +
        "`issuewire forget`; then only the issue's id is known.",
    },
  } satisfies Described<IssueChangeKind>,
});

type IssueChange = Told & { readonly kind: IssueChangeKind };

const IssueChangeType = builder.objectRef<IssueChange>("IssueChange").implement({
  description: "What one entry of the log means for a filtered list of issues.",
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
        "The issue as known after this entry of the log (a late event does not bring back an old status). " +
        "The fields that `IssueFilter` and `IssueOrder` name, and `statusDetails`, are as of this entry; " +
        "every other field and every connection is current. Upsert it by `id`.",
      resolve: ({ entry }) => entry.after,
    }),
    leftId: t.id({
      nullable: true,
      description: "The issue's global id, to delete it by; set only for LEFT.",
      resolve: ({ kind, entry }) => (kind === "LEFT" ? nodeId("Issue", entry.after.sentryId) : null),
    }),
    edge: t.field({
      type: IssueEdgeType,
      nullable: true,
      description:
        "To insert into a connection; set only for ENTERED. Its cursor works for `Query.issues` in the " +
        "default order.",
      resolve: ({ kind, entry: { after } }) =>
        kind === "ENTERED" ? { cursor: pageCursorOf(issuesBy(defaultIssueOrder), after), node: after } : null,
    }),
    event: t.field({
      type: IssueEventType,
      description: "The event of this entry.",
      resolve: ({ entry }) => entry.event,
    }),
  }),
});

builder.subscriptionField("issueChanged", (t) =>
  t.field({
    type: IssueChangeType,
    description:
      "What a list of issues under this filter must do to stay up to date. The filter is applied to the " +
      "issue before and after each entry of the log, in log order. Relative times in it count from the " +
      "entry's commit, so an issue that crosses such a bound only because time passes sends nothing.",
    args: {
      filter: t.arg({ type: IssueFilterType, description: "The list's filter; by default all issues." }),
      after: t.arg({
        type: "Cursor",
        description: "Start after this position; by default with the next event. Best passed as a variable.",
      }),
    },
    subscribe: (_root, { filter, after }, context) => {
      // The closure must not hold `context`: it would keep the whole request for as long as the subscription lasts.
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
