import { useEffect, useRef, useState } from "preact/hooks";
import type { Trouble } from "../../protocol/requests.ts";
import type { ProcessSheet } from "../../protocol/sheets.ts";
import { ask, useFollow, useTrouble } from "../store.ts";

interface SheetOfProcess {
  /** As it is, or as it was last; null: there is none yet. */
  readonly sheet: ProcessSheet | null;
  /** There is no such process any more. */
  readonly gone: boolean;
  readonly trouble: Trouble | null;
}

/** Follows a process, and keeps what it was last when it ends. */
export function useSheet(pid: string): SheetOfProcess {
  const live = useFollow("process", { pid });
  const trouble = useTrouble("process", { pid });
  const last = useRef<ProcessSheet | null>(null);
  const [missing, setMissing] = useState(false);
  if (live !== null) last.current = live;
  const nothing = live === null;
  useEffect(() => {
    setMissing(false);
    if (!nothing) return undefined;
    let stopped = false;
    // Null is what is followed before the first answer, and what is answered of a process that is not there: only a question tells them apart.
    ask("process", { pid }).then(
      (sheet) => {
        if (!stopped && sheet === null) setMissing(true);
      },
      () => undefined,
    );
    return () => {
      stopped = true;
    };
  }, [pid, nothing]);
  const gone = (nothing && missing) || live?.row.doing === "ended";
  return { sheet: last.current, gone, trouble };
}
