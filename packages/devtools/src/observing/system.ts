import type { ProcessColumns } from "@espalier/runtime";

/** Whether the process in a slot is one of the runtime's own. */
export function isSystem(columns: ProcessColumns, slot: number): boolean {
  return (columns as { readonly system?: Uint8Array }).system?.[slot] === 1;
}

/** Whether it is known which processes are. */
export function hasSystem(columns: ProcessColumns): boolean {
  return "system" in columns;
}
