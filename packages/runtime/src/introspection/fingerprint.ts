import type { Cause } from "@espalier/heartbeat";
import { causeText, errorText } from "./cause-text.ts";

/** Lines of a stack that are not the author's: of the platform, and of Espalier. */
export const foreignLine: RegExp =
  /\(?(?:node:|internal\/)|\/node_modules\/|\/packages\/(?:heartbeat|channels|runtime|supervisor|statechart|directory|delivery|code|wire|container|sandbox|devtools|espalier|testkit)\/(?:src|dist)\/|<anonymous>\)?$/;

const frameLine = /^\s+at /;

/** Whether a line of a stack is one of the author's. */
export function isOwnLine(line: string): boolean {
  return frameLine.test(line) && !foreignLine.test(line);
}

/** The first line of a stack that is the author's; null: there is none. */
export function ownLineOf(stack: string | undefined): string | null {
  return stack?.split("\n").find(isOwnLine)?.trim() ?? null;
}

/** The file and the line in a line of a stack. */
const place = /\(?([^\s(]+?):(\d+)(?::\d+)?\)?$/;

/**
 * Equal for causes of the same kind, in each life of the process and of the node: an error's name with the author's line that threw it, or what was
 * said when there is none; else the cause in words.
 */
export function fingerprintOf(cause: Cause): string {
  if (cause.type !== "error") return timeless(causeText(cause));
  const { name, stack } = cause.error;
  const found = place.exec(ownLineOf(stack) ?? "");
  if (found === null) return timeless(`${name}: ${errorText(cause)}`);
  const [, file = "", line = ""] = found;
  return `${name} at ${file.replace(/^file:\/\//, "")}:${line}`;
}

/** Characters of a fingerprint that is made of what was said. */
const saidMax = 200;

/** Without what is another one in each life: pids and numbers. */
function timeless(text: string): string {
  return text
    .slice(0, saidMax)
    .replace(/Pid\([^)]*\)/g, "a process")
    .replace(/\d+/g, "N");
}
