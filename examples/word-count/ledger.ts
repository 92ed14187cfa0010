import { Server } from "espalier";
import { addCounts, type Counts } from "./words.ts";

/** What one incarnation of a counter found in one file. */
export interface Finding {
  readonly file: string;
  /** Which incarnation of the file's counter: the first is 1. */
  readonly incarnation: number;
  readonly counts: Counts;
}

/** One counter has done one more piece of its file. */
export interface Progress {
  readonly file: string;
  readonly incarnation: number;
  /** The id of the node that it runs on. */
  readonly node: string;
}

/** Who wants to see how the job goes. */
export interface Watcher {
  began(file: string, incarnation: number): void;
  progressed(progress: Progress): void;
  entered(finding: Finding): void;
  /** A finding came that an earlier incarnation had entered already: it does not count again. */
  ignored(finding: Finding, entered: number): void;
  finished(counts: Counts): void;
}

interface Books {
  readonly files: number;
  readonly watcher: Watcher;
  readonly counts: Counts;
  /** How many incarnations of each file's counter have begun. */
  readonly begun: Map<string, number>;
  /** Which incarnation's finding was entered for each file. */
  readonly entered: Map<string, number>;
}

/**
 * Adds up what the counters find. A file is entered once, whichever of its incarnations comes first: a counter may die after its
 * finding arrived and before it knew that, and then its successor counts the file again.
 */
export const Ledger = Server.define({
  label: "ledger",
  init: ({ files, watcher }: { readonly files: number; readonly watcher: Watcher }): Books => ({
    files,
    watcher,
    counts: new Map(),
    begun: new Map(),
    entered: new Map(),
  }),
  call: {
    /** The number of the incarnation that asks. */
    begin({ begun, watcher }, file: string): number {
      const incarnation = (begun.get(file) ?? 0) + 1;
      begun.set(file, incarnation);
      watcher.began(file, incarnation);
      return incarnation;
    },
    progress({ watcher }, progress: Progress): void {
      watcher.progressed(progress);
    },
    enter(books, finding: Finding): "entered" | "ignored" {
      const { counts, entered, watcher } = books;
      const before = entered.get(finding.file);
      if (before !== undefined) {
        watcher.ignored(finding, before);
        return "ignored";
      }
      entered.set(finding.file, finding.incarnation);
      addCounts(counts, finding.counts);
      watcher.entered(finding);
      if (entered.size === books.files) watcher.finished(counts);
      return "entered";
    },
  },
});
export type LedgerRef = Server.RefOf<typeof Ledger>;
