import { Doing, type ProcessColumns } from "@espalier/runtime";
import type { Sample } from "./sample.ts";
import { Top } from "./selection.ts";

/** How many processes of each kind are looked at more closely. */
const extremesMax = 20;

/** The processes of a sample that stand out, the worst first: found in one pass, by slot. */
export class Extremes {
  /** Their mailboxes grow the fastest. */
  growing: readonly number[] = [];
  /** They have waited longest for something else than any message, while messages wait for them. */
  stuck: readonly number[] = [];
  /** They have done the most operations. */
  busiest: readonly number[] = [];
  /** Their mailboxes are the longest. */
  longest: readonly number[] = [];

  take(columns: ProcessColumns, sample: Sample, isSystem: (slot: number) => boolean): void {
    const { mailbox, since, doing } = columns;
    const { mailboxPerSecond, reductionsPerSecond } = sample;
    const growing = topBy(mailboxPerSecond);
    const busiest = topBy(reductionsPerSecond);
    const longest = topBy(mailbox);
    const stuck = new Top(
      extremesMax,
      (a, b) => (since[a] as number) < (since[b] as number) || (since[a] === since[b] && a < b),
    );
    for (const slot of sample.slots) {
      const waits = mailbox[slot] as number;
      const works = (reductionsPerSecond[slot] as number) > 0;
      if ((waits === 0 && !works) || isSystem(slot)) continue;
      if (works) busiest.offer(slot);
      if (waits === 0) continue;
      longest.offer(slot);
      if ((mailboxPerSecond[slot] as number) > 0) growing.offer(slot);
      if (doing[slot] === Doing.waiting) stuck.offer(slot);
    }
    this.growing = growing.list();
    this.stuck = stuck.list();
    this.busiest = busiest.list();
    this.longest = longest.list();
  }
}

function topBy(values: Float64Array | Uint32Array): Top {
  return new Top(extremesMax, (a, b) => {
    const one = values[a] as number;
    const other = values[b] as number;
    return one > other || (one === other && a < b);
  });
}
