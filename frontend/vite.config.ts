import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

/** Nothing is painted before the script ran: it chooses between light and dark. */
const blockRender = {
  name: "block-render",
  transformIndexHtml: {
    order: "post" as const,
    handler: (html: string) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
};

export default defineConfig({
  // The page works under any path.
  base: "./",
  plugins: [tailwindcss(), blockRender],
  build: {
    target: ["chrome111", "firefox115", "safari16.4"],
    // The polyfill is an inline concern of old browsers; a preload is no request after load.
    modulePreload: { polyfill: false },
    // The policy of the page forbids data: URLs for scripts and styles.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: ["index.html", "src/worker/worker.ts"],
      // Only the page's names carry a hash: a worker is known by its name.
      output: { entryFileNames: ({ name }) => (name === "index" ? "assets/[name]-[hash].js" : "[name].js") },
    },
  },
});
