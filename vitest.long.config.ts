import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    globalSetup: ["test/build.ts", "test/start-postgres.ts"],
    include: ["test/long/**/*.test.ts"],
    testTimeout: 3_600_000,
    // One experiment at a time: each measures, or wants the machine for itself.
    fileParallelism: false,
  },
});
