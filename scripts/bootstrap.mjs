// From a fresh clone to a running command, with nothing but Node ≥ 20 and npm: installs the dependencies when they are
// missing or outdated, among them Node 24, and runs the command with that.
//
//   node scripts/bootstrap.mjs start [arguments]    the word count, in the folder where the user stands
//   node scripts/bootstrap.mjs test [arguments]     the whole verification
//   node scripts/bootstrap.mjs build [arguments]    every package, as it will be published
//   node scripts/bootstrap.mjs smoke [versions]     the packed packages, installed and run on each Node that we support
//   node scripts/bootstrap.mjs TOOL [arguments]     a program of node_modules/.bin, in the top folder
//
// This file runs on Node 20, before anything is installed. Imports wait until the version is known to be good.

const nodeMajorMin = 20;

if (Number(process.versions.node.split(".")[0]) < nodeMajorMin) {
  fail("Espalier needs Node " + nodeMajorMin + " or newer to start; this is Node " + process.versions.node + ".");
}

const { spawn, spawnSync } = await import("node:child_process");
const { createHash } = await import("node:crypto");
const { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } = await import("node:fs");
const path = await import("node:path");
const { fileURLToPath } = await import("node:url");

const top = fileURLToPath(new URL("..", import.meta.url));
const pnpm = JSON.parse(readFileSync(path.join(top, "package.json"), "utf8")).packageManager;
const bin = path.join(top, "node_modules", ".bin");
const onWindows = process.platform === "win32";

const [command, ...rest] = process.argv.slice(2);
if (command === undefined) fail("usage: node scripts/bootstrap.mjs start|test|build|smoke|TOOL [arguments]");
install();
run(command, rest);

/** Installs what the lockfile says, unless the last install did. */
function install() {
  const stamp = path.join(top, "node_modules", ".espalier-installed");
  const wanted = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) wanted.update(readFileSync(path.join(top, file)));
  const digest = wanted.digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;

  const startedMs = Date.now();
  console.error(`Installing the dependencies with ${pnpm} (once; a minute on a fresh machine) …`);
  rmSync(stamp, { force: true });
  const { status, error, stdout, stderr } = spawnSync(
    "npx",
    ["-y", "--prefer-offline", pnpm, "install", "--frozen-lockfile"],
    {
      cwd: top,
      encoding: "utf8",
      // Without questions when node_modules was made by something else, and never so silent that errors are not told.
      env: { ...process.env, CI: "true", npm_config_loglevel: "warn" },
      maxBuffer: 64 * 1024 * 1024,
      shell: onWindows,
    },
  );
  if (status !== 0) {
    const output = `${stdout ?? ""}${stderr ?? ""}`.trim();
    const offline =
      /ENOTFOUND|ENOTCACHED|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|META_FETCH|fetch failed/.test(
        output,
      );
    if (output !== "") console.error(output);
    fail(
      error !== undefined
        ? `Could not run npx (${error.message}). It comes with npm: is npm installed?`
        : offline
          ? "The dependencies could not be installed: the package registry cannot be reached. Check the network, and `npm config get registry`."
          : `The dependencies could not be installed: \`npx ${pnpm} install --frozen-lockfile\` ended with ${status}; its output is above.`,
    );
  }
  mkdirSync(path.join(top, "node_modules"), { recursive: true });
  writeFileSync(stamp, digest);
  console.error(`Installed in ${((Date.now() - startedMs) / 1000).toFixed(1)} s.`);
}

/** What a command stands for: a program, its arguments, and the folder to run it in. */
function resolve(name, args) {
  const node = path.join(bin, "node");
  const withPnpm = ["-y", "--prefer-offline", "--package", pnpm, "--"];
  switch (name) {
    case "start": {
      // Arguments name files as the user sees them; npm has moved to the top folder meanwhile.
      const here = process.env.INIT_CWD ?? process.cwd();
      return [node, [path.join(top, "examples", "word-count", "main.ts"), ...args], here];
    }
    case "test":
      return [node, [path.join("scripts", "verify.ts"), ...args], top];
    case "build":
      return ["npx", [...withPnpm, "turbo", "build", ...args], top];
    case "smoke":
      return ["npx", [...withPnpm, "node", path.join("scripts", "smoke.ts"), ...args], top];
    default:
      return [path.join(bin, name), args, top];
  }
}

/** Runs the command with the installed Node first on the PATH, and ends as it ends. */
function run(name, args) {
  const env = { ...process.env, PATH: bin + path.delimiter + process.env.PATH, TURBO_TELEMETRY_DISABLED: "1" };
  const [program, programArgs, cwd] = resolve(name, args);
  const child = spawn(program, programArgs, { cwd, env, stdio: "inherit", shell: onWindows });
  // The terminal interrupts the child too, which decides when to end; other signals are passed on.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => fail(`Could not run ${program}: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function fail(message) {
  console.error(message);
  if (process.argv[2] === "test") console.log("0 passed, 1 failed"); // what verify.ts would say last
  process.exit(1);
}
