import { readdirSync } from "node:fs";
import { defineConfig } from "vite";

// Node's own test runner runs JavaScript only (Node 20), so the tests are bundled first.
export default defineConfig({
  build: {
    ssr: true,
    outDir: "build/tests",
    emptyOutDir: true,
    sourcemap: true,
    rolldownOptions: {
      input: readdirSync("tests").filter((name) => name.endsWith(".test.ts")).map((name) => `tests/${name}`),
      output: { entryFileNames: "[name].js" },
    },
  },
});
