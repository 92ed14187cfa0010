import { h, type ComponentChild } from "../h.ts";
import { href } from "../route.ts";
import { currentNode } from "../store.ts";
import { Said } from "../shown/said.ts";
import { shortKey } from "./short-key.ts";

interface ProcessLinkProps {
  readonly pid: string;
  /** Null: it is not known, or not here. */
  readonly label: string | null;
  readonly name?: string | null;
}

/** Opens the drawer of a process. */
export function ProcessLink({ pid, label, name = null }: ProcessLinkProps): ComponentChild {
  const said = name ?? label;
  return h(
    "a",
    { class: "process-link", href: href({ process: pid }) },
    said === null ? null : [h(Said, { text: said }), " "],
    h("span", { class: "faint mono" }, shortKey(pid, currentNode.value?.id ?? null)),
  );
}
