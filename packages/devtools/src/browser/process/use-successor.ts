import { useEffect, useState } from "preact/hooks";
import type { ProcessRow, TableQuery } from "../../protocol/sheets.ts";
import { ask } from "../store.ts";
import { successorIn, type Ended } from "./successor.ts";

const againMs = 1_500;

/** Looks for the process that was started in place of one that has ended, until there is one. Null: not yet, or nothing has ended. */
export function useSuccessor(ended: Ended | null): ProcessRow | null {
  const [found, setFound] = useState<ProcessRow | null>(null);
  useEffect(() => {
    setFound(null);
    if (ended === null || (ended.name === null && ended.child === null)) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const look = async (): Promise<void> => {
      const rows: ProcessRow[] = [];
      for (const query of queries(ended)) rows.push(...(await ask("table", query)).rows);
      const row = successorIn(rows, ended);
      if (stopped) return;
      if (row !== null) setFound(row);
      else timer = setTimeout(again, againMs);
    };
    const again = (): void => {
      // A program that does not answer is said at the top of the page.
      look().catch(() => {
        if (!stopped) timer = setTimeout(again, againMs);
      });
    };
    again();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [ended?.pid, ended?.name, ended?.child, ended?.parent]);
  return found;
}

function queries({ name, child, parent }: Ended): readonly TableQuery[] {
  const sort = { by: "pid", descending: true, mode: "total" } as const;
  const all: TableQuery[] = [];
  if (child !== null && parent !== null)
    all.push({ sort, filter: { under: parent, system: true }, first: 0, count: 500 });
  if (name !== null) all.push({ sort, filter: { text: name, system: true }, first: 0, count: 100 });
  return all;
}
