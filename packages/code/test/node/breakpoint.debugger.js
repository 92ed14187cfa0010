// The debugger of breakpoint.fixture.ts. It does what an editor does: sets breakpoints by file and line, skips files that are not the author's,
// steps over from a breakpoint to another line, and shows the variables.
import { Session } from "node:inspector";
import { parentPort, workerData } from "node:worker_threads";

const session = new Session();
session.connectToMainThread();
const scripts = new Map();
const report = { resolved: [], pauses: [], value: null };
/** Where it steps from. */
let from = null;
/** Scopes whose variables have been asked for and have not come: they may come after the program's own last word. */
let open = 0;
let ended = false;

function end() {
  if (!ended || open > 0) return;
  console.log(JSON.stringify(report));
  session.disconnect();
  parentPort.close();
}

session.on("Debugger.scriptParsed", ({ params }) => scripts.set(params.scriptId, params.url));
session.on("Debugger.paused", ({ params }) => {
  const [frame] = params.callFrames;
  const line = frame.location.lineNumber + 1;
  if (line === from) {
    // One line may be several statements, here as in compiled code.
    session.post("Debugger.stepOver");
    return;
  }
  const variables = {};
  report.pauses.push({
    how: from === null ? "breakpoint" : "step",
    function: frame.functionName,
    line,
    isInFile: scripts.get(frame.location.scriptId) === workerData.url,
    variables,
  });
  for (const scope of frame.scopeChain.filter(({ type }) => type === "local" || type === "block")) {
    open += 1;
    session.post("Runtime.getProperties", { objectId: scope.object.objectId }, (_error, properties) => {
      open -= 1;
      for (const { name, value } of properties?.result ?? []) if (!name.startsWith("$")) variables[name] = value?.value;
      end();
    });
  }
  from = from === null ? line : null;
  session.post(from === null ? "Debugger.resume" : "Debugger.stepOver");
});
session.post("Debugger.enable", () => {
  session.post(
    "Debugger.setBlackboxPatterns",
    { patterns: ["/src/", "/machines\\.ts$", "/copy\\.ts$", "^node:"] },
    () => {
      for (const line of workerData.lines) {
        session.post("Debugger.setBreakpointByUrl", { url: workerData.url, lineNumber: line - 1 }, (_error, result) => {
          report.resolved.push(...result.locations.map(({ lineNumber }) => lineNumber + 1));
        });
      }
      // oxlint-disable-next-line require-post-message-target-origin -- a thread, not a window
      parentPort.postMessage("go");
    },
  );
});
parentPort.on("message", (value) => {
  report.value = value;
  ended = true;
  end();
});
