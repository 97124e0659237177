import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The station replaces this at every answer; see src/station/http/consoleFiles.ts.
const NONCE_PLACEHOLDER = "__SEKISHO_NONCE__";

export default defineConfig({
  root: import.meta.dirname,
  base: "/",
  publicDir: false,
  plugins: [react()],
  html: { cspNonce: NONCE_PLACEHOLDER },
  build: {
    outDir: "../../../dist/console",
    emptyOutDir: true,
    target: "es2023",
    // The policy of the pages forbids data: addresses in scripts, and a picture is never worth an exception.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
