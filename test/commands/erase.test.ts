import { expect, it } from "vitest";
import { forgetCommand } from "../../src/commands/erase.ts";
import { openSqliteMaintenance } from "../../src/store/sqlite/maintenance.ts";
import { told } from "../store/deliveries.ts";
import { openTestStore } from "../store/open.ts";

it("forgetting a project says so without what a terminal would obey in its slug", async () => {
  await using store = await openTestStore();
  await store.append(told({ project: { id: "7", slug: "web\u001b[2J", name: "Web" } }));
  const printed: string[] = [];
  const command = forgetCommand({
    open: async () => openSqliteMaintenance(store.file),
    progress: () => ({ update: () => {}, clear: () => {}, [Symbol.dispose]: () => {} }),
    retention: () => ({ rawDays: null, eventsDays: null }),
    now: Date.now,
    print: (line) => printed.push(line),
  });
  await command.exitOverride().parseAsync(["project", "7"], { from: "user" });
  expect(printed).toEqual(["Forgot project 7: 1 issues."]);
});
