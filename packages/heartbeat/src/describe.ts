import type { Cause } from "./cause.ts";

/** Characters of a line for people. */
const lineMax = 300;

/**
 * One line that tells people why something ended: `TypeError: x is not a function (on node-b)`, `unresponsive: node-b`.
 * Never throws and never contains a line break.
 */
export function describeCause(cause: Cause): string {
  return oneLine(sentence(cause));
}

function sentence(cause: Cause): string {
  switch (cause.type) {
    case "normal":
    case "stopped":
    case "expired":
    case "kill":
    case "killed":
      return cause.type;
    case "shutdown":
      return cause.detail === undefined ? "shutdown" : `shutdown: ${describe(cause.detail)}`;
    case "timeout":
    case "noproc":
      return cause.what === undefined ? cause.type : `${cause.type}: ${cause.what}`;
    case "noconnection":
      return cause.node === undefined ? cause.type : `noconnection: ${cause.node}`;
    case "unresponsive":
      return `unresponsive: ${cause.node}`;
    case "error": {
      const { name, message, code } = cause.error;
      const what =
        code === undefined || message.includes(code) ? `${name}: ${message}` : `${name} [${code}]: ${message}`;
      return cause.node === undefined ? what : `${what} (on ${cause.node})`;
    }
    case "exit":
      return `exit: ${describe(cause.reason)}`;
  }
}

/** Any value in one short line, for messages to people. Never throws. */
export function describe(value: unknown): string {
  try {
    return oneLine(text(value));
  } catch {
    // The value's own toString, toJSON or getter threw: say what kind of thing it is and leave it alone.
    return `a value of type ${typeof value} that cannot be shown`;
  }
}

function text(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  if (typeof value !== "object" || value === null) return String(value);
  const { toString } = value as { toString: unknown };
  if (!Array.isArray(value) && typeof toString === "function" && toString !== Object.prototype.toString) {
    return (value as { toString(): string }).toString();
  }
  return JSON.stringify(value, shorter) ?? "undefined";
}

/** What JSON cannot say, and errors without their stacks: a cause in a cause is what people need to see. */
function shorter(_key: string, item: unknown): unknown {
  if (typeof item === "bigint") return `${item}n`;
  const { name, message, stack } = (item ?? {}) as { name?: unknown; message?: unknown; stack?: unknown };
  return typeof name === "string" && typeof message === "string" && typeof stack === "string"
    ? `${name}: ${message}`
    : item;
}

function oneLine(line: string): string {
  const flat = line.replace(/\s*[\r\n]+\s*/g, " ");
  return flat.length <= lineMax ? flat : `${flat.slice(0, lineMax - 1)}…`;
}
