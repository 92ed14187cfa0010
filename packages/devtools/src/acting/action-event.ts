import type { Pid } from "@espalier/runtime";

/** Somebody acted on the node by way of dev tools, or was refused. */
export interface ActionEvent {
  readonly type: "devtools.action";
  /** Who: as whom the tools know them. */
  readonly by: string;
  /** What, such as `kill`. */
  readonly action: string;
  /** On whom; null: on the node. */
  readonly process: Pid | null;
  readonly outcome: { readonly type: "done" } | { readonly type: "refused" | "failed"; readonly reason: string };
}

declare module "@espalier/runtime" {
  interface NodeExtraEvents {
    readonly devtoolsAction: ActionEvent;
  }
}
