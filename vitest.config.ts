import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/long/**"],
    // Tests that start processes or a browser wait for them; nothing waits this long when all is well.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
