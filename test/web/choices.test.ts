import { afterEach, expect, it, vi } from "vitest";
import { readChoices } from "../../src/web/client/choices.ts";

type Asked = { readonly query: string; readonly variables: { readonly after?: string | null } };

const projectAt = (index: number) => ({ sentryId: `${1000 + index}`, slug: `project-${index}` });

/** A gateway that knows so many projects, and gives them in pages of a hundred. */
function answeringOf(count: number) {
  return vi.fn(async (_url: string, { body }: { readonly body: string }) => {
    const { query, variables } = JSON.parse(body) as Asked;
    if (query.includes("byAssignee")) return Response.json({ data: { issueStats: { byAssignee: [] } } });
    const from = Number(variables.after ?? 0);
    const to = Math.min(count, from + 100);
    const nodes = Array.from({ length: to - from }, (_, at) => projectAt(from + at));
    const pageInfo = { hasNextPage: to < count, endCursor: String(to) };
    return Response.json({ data: { projects: { nodes, pageInfo } } });
  });
}

afterEach(() => vi.unstubAllGlobals());

it.each([
  [0, 0],
  [100, 100],
  [230, 230],
  [5_000, 1_000],
])("of %i projects there are %i to choose from", async (count, shown) => {
  vi.stubGlobal("fetch", answeringOf(count));
  const { projects } = await readChoices(null, new AbortController().signal);
  expect(projects).toEqual(Array.from({ length: shown }, (_, at) => projectAt(at)));
});
