import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{server,sdk,cli,bench}/**/*.test.ts"],
    // Children, FFmpeg and a real model take their time on a busy machine; a hang still ends.
    testTimeout: 400_000,
    hookTimeout: 400_000,
    // What a test waits for comes when it comes.
    expect: { poll: { timeout: 60_000 } },
    // One worker a core: the tests start processes of their own.
    maxWorkers: 2,
    reporters: ["default", "./server/test/count-reporter.ts"],
  },
});
