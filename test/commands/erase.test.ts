import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { forgetCommand } from "../../src/commands/forget.ts";
import { pruneCommand, type PruneOptions } from "../../src/commands/prune.ts";
import { mostInStep } from "../../src/store/erase/portion.ts";
import type { Store } from "../../src/store/store.ts";
import { openSqliteMaintenance } from "../../src/store/sqlite/maintenance.ts";
import { at, told } from "../store/deliveries.ts";
import { openStoreIn, openTestStore, temporaryFolder } from "../store/open.ts";

const dayMs = 86_400_000;

/** More deliveries about issue 1 than one step may erase. */
async function fill(store: Pick<Store, "append">, title: string): Promise<void> {
  await Promise.all(
    Array.from({ length: mostInStep + 1 }, (_, index) =>
      store.append(told({ issue: "1", at: index, count: index, title })),
    ),
  );
}

/** The options of a command on this file, with the lines that it has printed. */
function printing(file: string): PruneOptions & { readonly printed: readonly string[] } {
  const printed: string[] = [];
  return {
    open: async () => openSqliteMaintenance(file),
    retention: () => ({ rawDays: 1, eventsDays: 1 }),
    now: () => at(0) + 2 * dayMs,
    print: (line) => printed.push(line),
    printed,
  };
}

const besideGateway =
  "A gateway or another command uses the database: parts of its file that are not in use may still hold some of what was erased. " +
  "This command clears them when it is run once more with nothing else using it, though it finds nothing then.";

it("forgetting a project says so without what a terminal would obey in its slug", async () => {
  await using store = await openTestStore();
  await store.append(told({ project: { id: "7", slug: "web\u001b[2J", name: "Web" } }));
  const options = printing(store.file);
  await forgetCommand(options).exitOverride().parseAsync(["project", "7"], { from: "user" });
  expect(options.printed).toEqual(["Forgot project 7: 1 issue.", besideGateway]);
});

it("forgetting leaves nothing of an issue that is too much for one step, in the file and beside it", async () => {
  await using store = await openTestStore();
  const secret = "what nobody may know any more";
  await fill(store, secret);
  const options = printing(store.file);
  await forgetCommand(options).exitOverride().parseAsync(["issue", "WEB-1"], { from: "user" });
  expect(options.printed).toEqual(["Forgot issue 1.", besideGateway]);
  for (const end of ["", "-wal"])
    expect([end, readFileSync(`${store.file}${end}`).includes(secret)]).toEqual([end, false]);
});

it("forgetting goes on with what was broken off, though nothing else of it is found any more", async () => {
  await using store = await openTestStore();
  await fill(store, "secret");
  {
    await using maintenance = await openSqliteMaintenance(store.file);
    await maintenance.forgetIssue("1", at(1_000));
  }
  const options = printing(store.file);
  await expect(
    forgetCommand(options).exitOverride().parseAsync(["issue", "WEB-1"], { from: "user" }),
  ).rejects.toThrow("There is no issue WEB-1.");
  await using maintenance = await openSqliteMaintenance(store.file);
  expect(await maintenance.eraseSetAside()).toBe(0);
});

it("says where what was erased may still lie beside the file", async () => {
  await using store = await openTestStore();
  await store.append(told());
  const options = printing(store.file);
  const open = async () => ({ ...(await openSqliteMaintenance(store.file)), sweep: async () => false });
  await forgetCommand({ ...options, open })
    .exitOverride()
    .parseAsync(["issue", "1"], { from: "user" });
  expect(options.printed).toEqual([
    "Forgot issue 1.",
    expect.stringContaining("the files may still contain"),
    besideGateway,
  ]);
});

it.each(["issue", "project"])(
  "says first that there is no such %s, then what the file may hold",
  async (kind) => {
    await using store = await openTestStore();
    const forgetting = forgetCommand(printing(store.file)).exitOverride();
    await expect(forgetting.parseAsync([kind, "NOPE"], { from: "user" })).rejects.toThrow(
      new RegExp(`^There is no ${kind} NOPE\\.\nA gateway or another command uses the database`),
    );
  },
);

it("says that an issue is forgotten, and what is left to be done, where its file cannot be written anew", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "issuewire.db");
  {
    await using store = await openStoreIn(file);
    await store.append(told());
  }
  const options = printing(file);
  await forgetCommand({ ...options, open: async () => openSqliteMaintenance(file, { freeBytesIn: () => 0 }) })
    .exitOverride()
    .parseAsync(["issue", "1"], { from: "user" });
  expect(options.printed).toEqual([
    "Forgot issue 1.",
    `The database's file was not rewritten (that takes 1 MB of free space in ${folder.path}, where there are 0): ` +
      "parts of it that are not in use may still hold some of what was erased. " +
      "This command clears them when it is run once more, though it finds nothing then.",
  ]);
});

it("pruning says how much went, one as one and many as many", async () => {
  await using store = await openTestStore();
  const prune = async () => {
    const options = printing(store.file);
    await pruneCommand(options).exitOverride().parseAsync([], { from: "user" });
    return options.printed;
  };
  const resolved = (issue: string) => told({ issue, action: "resolved", status: "resolved" });
  await store.append(resolved("1"));
  expect(await prune()).toEqual(["Dropped 1 delivery's body.", "Dropped 1 closed issue with its history."]);
  await Promise.all(["2", "3"].map((issue) => store.append(resolved(issue))));
  expect(await prune()).toEqual([
    "Dropped 2 deliveries' bodies.",
    "Dropped 2 closed issues with their histories.",
  ]);
});

it("pruning says that nothing was too old once it is done, and nothing of it if it fails", async () => {
  await using store = await openTestStore();
  const options = printing(store.file);
  const prune = (open = options.open) =>
    pruneCommand({ ...options, open })
      .exitOverride()
      .parseAsync([], { from: "user" });
  const sweep = () => Promise.reject(new Error("The disk is full."));
  await expect(prune(async () => ({ ...(await options.open()), sweep }))).rejects.toThrow(
    "The disk is full.",
  );
  expect(options.printed).toEqual([]);
  await prune();
  expect(options.printed).toEqual(["Nothing was too old."]);
});
