/** The types that `Query.node` answers for. */
const nodeTypes = ["Issue", "Project", "User", "Team", "IssueEvent", "StatusTransition", "Delivery"] as const;
export type NodeType = (typeof nodeTypes)[number];

/** Relay's global id: the type and the node's own id, opaque to clients. It outlives `rebuild`. */
export function nodeId(type: NodeType, id: string): string {
  return Buffer.from(`${type}:${id}`).toString("base64");
}

/** What `nodeId` was given; null for any other text. */
export function parseNodeId(text: string): { readonly type: NodeType; readonly id: string } | null {
  if (text.length > 512) return null;
  const plain = Buffer.from(text, "base64").toString("utf8");
  if (Buffer.from(plain).toString("base64") !== text) return null;
  const colon = plain.indexOf(":");
  const type = nodeTypes.find((known) => known === plain.slice(0, colon));
  return type === undefined || colon === plain.length - 1 ? null : { type, id: plain.slice(colon + 1) };
}
