import { isTransition } from "../../domain/transition.ts";
import { parseNodeId, type NodeType as NodeTypeName } from "../../domain/node-id.ts";
import { builder, NodeType } from "../builder.ts";
import { costs, lengthOfList } from "../limits/costs.ts";
import { largestPage } from "../paging/connection.ts";
import { errorOf } from "../errors.ts";
import type { Loaders } from "../reading/loaders.ts";

builder.queryField("node", (t) =>
  t.field({
    type: NodeType,
    nullable: true,
    description: "The node with this global id; null if there is none, or if the text is not a global id.",
    args: { id: t.arg.id({ required: true, description: "A node's `id`." }) },
    resolve: (_root, { id }, { loaders }) => nodeOf(id, loaders),
  }),
);

builder.queryField("nodes", (t) =>
  t.field({
    extensions: costs({
      length: ({ argument }) => Math.min(lengthOfList(argument("ids")), largestPage),
    }),
    type: [NodeType],
    nullable: { list: false, items: true },
    description: "The nodes with these global ids, in the same order; null wherever `node` would be null.",
    args: {
      ids: t.arg.idList({
        required: true,
        description: `At most ${largestPage} nodes' \`id\`s: BAD_USER_INPUT beyond.`,
      }),
    },
    resolve: (_root, { ids }, { loaders }) => {
      if (ids.length > largestPage)
        throw errorOf("BAD_USER_INPUT", `\`ids\` holds at most ${largestPage} ids.`);
      return ids.map((id) => nodeOf(id, loaders));
    },
  }),
);

/** The node with its `__typename`, by which `Node` tells its types apart. */
async function nodeOf(globalId: string, loaders: Loaders): Promise<object | null> {
  const key = parseNodeId(globalId);
  if (key === null) return null;
  const node = await load(key, loaders);
  return node === null ? null : { __typename: key.type, ...node };
}

function load(
  { type, id }: { readonly type: NodeTypeName; readonly id: string },
  loaders: Loaders,
): Promise<object | null> {
  switch (type) {
    case "Issue":
      return loaders.issue(id);
    case "Project":
      return loaders.project(id);
    case "User":
      return loaders.user(id);
    case "Team":
      return loaders.team(id);
    case "IssueEvent":
      return loaders.eventById(id);
    case "StatusTransition":
      return transitionOf(id, loaders);
    case "Delivery":
      return deliveryOf(id, loaders);
  }
}

/** A transition has its event's id. */
async function transitionOf(id: string, loaders: Loaders): Promise<object | null> {
  const event = await loaders.eventById(id);
  return event !== null && isTransition(event) ? event : null;
}

async function deliveryOf(id: string, loaders: Loaders): Promise<object | null> {
  return /^[1-9]\d{0,14}$/.test(id) ? loaders.delivery(Number(id)) : null;
}
