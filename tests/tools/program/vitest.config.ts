import path from "node:path";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  cacheDir: path.join(import.meta.dirname, "../../node_modules/.vite"),
  test: { root: import.meta.dirname, include: ["program.vitest.ts"], testTimeout: 60_000 },
});
export default config;
