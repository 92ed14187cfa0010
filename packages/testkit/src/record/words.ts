import { describeEvent } from "@espalier/devtools";
import type { NodeEvent } from "@espalier/runtime";
import type { Names } from "./names.ts";

/** What a node says happened, as a sentence whose subject may be read off its place: in the words of the dev tools, with the names of the run. */
export function wordsOf(event: NodeEvent, names: Names): string {
  return describeEvent(event, {
    subject: (pid) => names.subject(names.pid(pid)),
    pid: (pid) => names.pid(pid),
    node: (id) => names.node(id),
    said: (text) => names.named(text),
  }).text;
}
