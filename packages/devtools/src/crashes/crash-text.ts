import { describeCause } from "@espalier/heartbeat";
import type { CrashReport } from "@espalier/runtime";

/** The whole report as text. */
export function crashText({ name, label, cause }: CrashReport): string {
  return `${name ?? label} crashed: ${describeCause(cause)}`;
}
