import { Pid, Ref, type NodeEvent, type NodeId } from "@espalier/runtime";

const fieldsMax = 12;
const textMax = 200;

/** An event that no sentence is known for: its type, and those of its fields that are text, a number, a process, or say what they are. */
export function genericWords(
  event: NodeEvent,
  processName: (pid: Pid) => string,
  nodeName: (id: NodeId) => string,
): string {
  const words: string[] = [event.type];
  for (const key of Object.keys(event).slice(0, fieldsMax)) {
    // What is in a message is nobody's business; a getter is somebody's code.
    if (key === "type" || key === "message") continue;
    const value: unknown = Object.getOwnPropertyDescriptor(event, key)?.value;
    if (value !== undefined)
      words.push(`${key} ${key === "node" && typeof value === "string" ? nodeName(value) : word(value, processName)}`);
  }
  return words.join(" ");
}

function word(value: unknown, processName: (pid: Pid) => string): string {
  if (typeof value === "string") return value.length <= textMax ? value : `${value.slice(0, textMax - 1)}…`;
  if (typeof value === "bigint") return "bigint";
  if (typeof value === "function") return "function";
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Pid) return processName(value);
  if (value instanceof Ref) return value.toString();
  const type: unknown = Object.getOwnPropertyDescriptor(value, "type")?.value;
  return typeof type === "string" ? word(type, processName) : "…";
}
