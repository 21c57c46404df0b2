import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

export default defineConfig({
  // The page works under any path.
  base: "./",
  plugins: [tailwindcss()],
  build: {
    target: ["chrome111", "firefox115", "safari16.4"],
    // The polyfill is an inline concern of old browsers; a preload is no request after load.
    modulePreload: { polyfill: false },
    // The policy of the page forbids data: URLs for scripts and styles.
    assetsInlineLimit: 0,
  },
});
