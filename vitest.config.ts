import { defineConfig } from "vitest/config";

export default defineConfig({
  // Node resolves graphql to this file, Vite to another; a schema made with one is none to the other.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/build.ts", "test/start-postgres.ts"],
    exclude: ["test/long/**"],
    // A file of tests does not leave its modules otherwise than it found them: what it opens, it disposes of.
    isolate: false,
    // Many wait for processes, threads and disks.
    maxWorkers: 3,
    // Tests that start processes or a browser wait for them; nothing waits this long when all is well.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // What is asked for until it is so; on a busy machine Vitest's own second is not enough.
    expect: { poll: { timeout: 20_000 } },
  },
});
