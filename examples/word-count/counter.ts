import { Remote, remote, Server, type Self } from "espalier";
import type { LedgerRef } from "./ledger.ts";
import type { PoolRef } from "./pool.ts";
import { addCounts, countWords, type Counts } from "./words.ts";

/** All that a counter needs: it travels with it. */
export interface CountJob {
  readonly file: string;
  readonly pieces: readonly string[];
  readonly ledger: LedgerRef;
  readonly pool: PoolRef;
}

/**
 * Counts one file: asks here for a worker, goes there, and counts piece by piece. The worker gets this code, and what it needs of `words.ts`,
 * by its hash.
 */
export const countFile = remote({ addCounts, countWords }, function* ({ file, pieces, ledger, pool }: CountJob) {
  const home = yield* Server.locate(ledger); // by name only here; by pid from anywhere
  const incarnation = yield* home.call.begin(file);
  const worker = yield* pool.call.choose();
  yield* Remote.transfer(worker);
  const counts: Counts = new Map();
  for (const piece of pieces) {
    addCounts(counts, countWords(piece));
    yield* home.call.progress({ file, incarnation, node: worker.id });
  }
  yield* home.call.enter({ file, incarnation, counts });
});

/** The process that does it. */
export const counter = (_self: Self<never>, job: CountJob) => countFile(job);
