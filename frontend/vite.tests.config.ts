import { readdirSync } from "node:fs";
import { defineConfig } from "vite";

const tests = ["tests", "tests/markdown"].flatMap((folder) =>
  readdirSync(folder).filter((name) => name.endsWith(".test.ts")).map((name) => `${folder}/${name}`));

// Node's own test runner runs JavaScript only (Node 20), so the tests are bundled first.
export default defineConfig({
  build: {
    ssr: true,
    outDir: "build/tests",
    emptyOutDir: true,
    sourcemap: true,
    rolldownOptions: {
      input: tests,
      output: { entryFileNames: "[name].js" },
    },
  },
});
