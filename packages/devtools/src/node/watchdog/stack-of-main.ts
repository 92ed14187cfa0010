import { Session } from "node:inspector";

/** What could be seen of the main thread in the middle of what it does. */
export interface Seen {
  /** Lines as in the stack of an error, the innermost first. */
  readonly stack: readonly string[];
  /** What the expression was, if it was a text. */
  readonly said: string | null;
}

const linesMax = 16;
/** For an expression that does next to nothing. */
const evaluationMs = 100;

interface Paused {
  readonly params: {
    readonly callFrames: readonly {
      readonly functionName: string;
      readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber?: number };
    }[];
  };
}

interface Evaluated {
  readonly result?: { readonly value?: unknown };
}

/**
 * Stops the main thread from another one for as long as it takes to see where it is: some 10 ms, of which most is to be told of all scripts. A thread
 * that is in native code stops when it comes back from there, and one that waits for events at its next; `isCurrent` says then whether that is still what was asked about.
 * It is not slower afterwards.
 *
 * @param expression is evaluated in it meanwhile.
 * @returns gives up looking; to be called when it is too late. Idempotent.
 */
export function lookAtMain(expression: string, isCurrent: () => boolean, seen: (seen: Seen) => void): () => void {
  const session = new Session();
  session.connectToMainThread();
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    // In the order in which they are posted: a pause that did not come to be is forgotten with the first.
    session.post("Debugger.disable");
    session.disconnect();
  };
  const files = new Map<string, string>();
  session.on("Debugger.scriptParsed", ({ params: { scriptId, url } }) => files.set(scriptId, url));
  session.on("Debugger.paused", ({ params: { callFrames } }: Paused) => {
    if (isOver) return;
    if (!isCurrent()) return end();
    const stack = callFrames.slice(0, linesMax).map(({ functionName, location }) => {
      const { scriptId, lineNumber, columnNumber = 0 } = location;
      const place = `${files.get(scriptId) || "<anonymous>"}:${lineNumber + 1}:${columnNumber + 1}`;
      return functionName === "" ? `at ${place}` : `at ${functionName} (${place})`;
    });
    const evaluation = { expression, returnByValue: true, silent: true, timeout: evaluationMs };
    session.post("Runtime.evaluate", evaluation, (error: Error | null, evaluated?: Evaluated) => {
      const value = error === null ? evaluated?.result?.value : null;
      end();
      seen({ stack, said: typeof value === "string" ? value : null });
    });
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
  return end;
}
