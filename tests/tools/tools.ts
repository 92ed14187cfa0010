// The tools that a program goes through on its way to the engine, each as users call it.

import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import * as swc from "@swc/core";
import * as esbuild from "esbuild";
import { rolldown } from "rolldown";
import { minify } from "terser";

/** A program to run: arguments for Node, and additions to its environment. */
export interface Run {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Tool {
  readonly name: string;
  /** Makes what is to be run, in a folder of its own. */
  prepare(folder: string): Promise<Run>;
}

const program: string = path.join(import.meta.dirname, "program");
const main: string = path.join(program, "main.ts");
const modules: readonly string[] = readdirSync(program).filter((file) => /^\w+\.ts$/.test(file));
const require: NodeJS.Require = createRequire(import.meta.url);

interface Instrumenter {
  instrumentSync(code: string, file: string): string;
}
const { createInstrumenter } = require("istanbul-lib-instrument") as {
  createInstrumenter(options: { readonly esModules: boolean; readonly compact: boolean }): Instrumenter;
};

export const tools: readonly Tool[] = [
  { name: "Node's type stripping", prepare: () => Promise.resolve({ args: [main] }) },
  {
    name: "Node with coverage (`NODE_V8_COVERAGE`)",
    prepare: (folder) => Promise.resolve({ args: [main], env: { NODE_V8_COVERAGE: path.join(folder, "coverage") } }),
  },
  {
    name: "Node's permission model, without `--allow-inspector`",
    prepare: () => Promise.resolve({ args: ["--permission", "--allow-fs-read=*", main] }),
  },
  { name: "tsx", prepare: () => Promise.resolve({ args: ["--import", require.resolve("tsx"), main] }) },
  vitest("threads"),
  vitest("forks"),
  tsc("es2022"),
  tsc("es2015"),
  eachModule("swc, es2022", (code) => bySwc(code, "es2022", "es6")),
  eachModule("swc, es2022, CommonJS", (code) => bySwc(code, "es2022", "commonjs"), "cjs"),
  eachModule("swc, es2015", (code) => bySwc(code, "es2015", "es6")),
  eachModule("swc, es5", (code) => bySwc(code, "es5", "es6")),
  eachModule("istanbul", (code, file) =>
    createInstrumenter({ esModules: true, compact: false }).instrumentSync(stripTypeScriptTypes(code), file),
  ),
  eachModule("esbuild, a file at a time", async (code) => {
    return (await esbuild.transform(code, { loader: "ts", target: "es2022" })).code;
  }),
  bundle("esbuild, bundle", {}),
  bundle("esbuild, bundle, es2020", { target: "es2020" }),
  bundle("esbuild, bundle, `keepNames`", { keepNames: true }),
  bundle("esbuild, bundle, code splitting", { splitting: true, entryPoints: [main, path.join(program, "app.ts")] }),
  bundle("esbuild, bundle, `minify`", { minify: true }),
  bundle("esbuild, bundle, `minify`, CommonJS", { minify: true, format: "cjs" }),
  bundle("esbuild, bundle, minified but for identifiers", { minifySyntax: true, minifyWhitespace: true }),
  rolldownBundle("rolldown, bundle", false),
  rolldownBundle("rolldown, bundle, `minify`", true),
  {
    name: "terser, `compress` and `mangle`",
    async prepare(folder) {
      const { outputFiles } = await esbuild.build({ ...bundling, write: false, outdir: folder, entryPoints: [main] });
      const { code } = await minify(outputFiles[0]?.text ?? "", { module: true, compress: true, mangle: true });
      return { args: [write(folder, "main.js", code ?? "")] };
    },
  },
];

const bundling = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  logLevel: "silent",
  // The parts of our dependencies that are CommonJS ask for Node's modules in its way.
  banner: {
    js: 'import { createRequire as nodeRequire } from "node:module"; const require = nodeRequire(import.meta.url);',
  },
} as const satisfies esbuild.BuildOptions;

function bundle(name: string, options: esbuild.BuildOptions): Tool {
  return {
    name,
    async prepare(folder) {
      const { banner, ...shared } = bundling;
      const isCommonJs = options.format === "cjs";
      await esbuild.build({
        ...shared,
        ...(isCommonJs ? { outExtension: { ".js": ".cjs" } } : { banner }),
        entryPoints: [main],
        outdir: folder,
        ...options,
      });
      return { args: [path.join(folder, isCommonJs ? "main.cjs" : "main.js")] };
    },
  };
}

function rolldownBundle(name: string, isMinified: boolean): Tool {
  return {
    name,
    async prepare(folder) {
      const build = await rolldown({ input: main, platform: "node", logLevel: "silent" });
      await build.write({ dir: folder, format: "esm", minify: isMinified, codeSplitting: false });
      await build.close();
      return { args: [path.join(folder, "main.js")] };
    },
  };
}

/** A tool that makes one file of each. */
function eachModule(
  name: string,
  transform: (code: string, file: string) => string | Promise<string>,
  extension = "js",
): Tool {
  return {
    name,
    async prepare(folder) {
      for (const file of modules) {
        const code = await transform(readFileSync(path.join(program, file), "utf8"), file);
        const imports = code.replaceAll(/(["']\.\/\w+)\.ts(["'])/g, `$1.${extension}$2`);
        write(folder, file.replace(".ts", `.${extension}`), imports);
      }
      return { args: [path.join(folder, `main.${extension}`)] };
    },
  };
}

async function bySwc(code: string, target: swc.JscTarget, module: "es6" | "commonjs"): Promise<string> {
  const parser = { syntax: "typescript" } as const;
  return (await swc.transform(code, { swcrc: false, jsc: { parser, target }, module: { type: module } })).code;
}

function tsc(target: string): Tool {
  return {
    name: `tsc, ${target}`,
    async prepare(folder) {
      const options = `--ignoreConfig --noCheck --noResolve --target ${target} --module esnext --rewriteRelativeImportExtensions`;
      const files = modules.map((file) => path.join(program, file));
      const compiler = path.join(path.dirname(require.resolve("typescript/package.json")), "bin/tsc");
      await promisify(execFile)(process.execPath, [compiler, ...options.split(" "), "--outDir", folder, ...files]);
      return { args: [path.join(folder, "main.js")] };
    },
  };
}

function vitest(pool: string): Tool {
  return {
    name: `vitest, ${pool}`,
    prepare() {
      const runner = path.join(path.dirname(require.resolve("vitest/package.json")), "vitest.mjs");
      const options = ["--config", path.join(program, "vitest.config.ts"), "--pool", pool, "--disableConsoleIntercept"];
      return Promise.resolve({ args: [runner, "run", ...options] });
    },
  };
}

/** Writes a file of a folder, where an ES module is called .js. */
function write(folder: string, file: string, code: string): string {
  mkdirSync(folder, { recursive: true });
  const written = path.join(folder, file);
  writeFileSync(written, code);
  return written;
}
