import { LongGrowth, type Growth } from "./growth.ts";
import type { Evidence, Look, Rule } from "./rule.ts";
import { thresholds } from "./thresholds.ts";
import { amount } from "./words.ts";

/** Something has kept the event loop from its turn. */
export const loopLate: Rule = {
  name: "loop-late",
  forMs: 0,
  keptMs: 10_000,
  *find({ loop, node }: Look): Generator<Evidence, void, undefined> {
    const { lateMs, criticalMs } = thresholds.loopLate;
    if (loop === null || loop.lastMs < lateMs) return;
    yield {
      about: node.ref.id,
      severity: loop.lastMs >= criticalMs ? "critical" : "warning",
      text: `The event loop was ${amount(loop.lastMs)} ms late: something ran that long without giving way.`,
      hint: "Look at the busiest processes; do long computations in steps, or in another thread.",
    };
  },
};

/** Messages that nobody will see. */
export class DeadLettersRule implements Rule {
  readonly name = "dead-letters";
  readonly forMs = 0;
  readonly keptMs = 10_000;
  #count = 0;

  *find({ node, everyMs }: Look): Generator<Evidence, void, undefined> {
    const { count } = node.kernel.deadLetters;
    const since = count - this.#count;
    this.#count = count;
    if (everyMs === null || everyMs <= 0) return;
    const perSecond = (since * 1000) / everyMs;
    if (perSecond < thresholds.deadLetters.perSecond) return;
    yield {
      about: node.ref.id,
      severity: "warning",
      text: `${amount(perSecond)} messages a second go to processes that are no more.`,
      hint: "Somebody keeps the pid of a process that has ended: send to a name, or monitor the process.",
    };
  }
}

/** More and more processes of one kind. */
export class ProcessLeakRule implements Rule {
  readonly name = "process-leak";
  readonly forMs = 0;
  readonly keptMs: number = 2 * thresholds.processLeak.everyMs;
  readonly #growth: LongGrowth = new LongGrowth(thresholds.processLeak);

  *find({ nowMs, labels }: Look): Generator<Evidence, void, undefined> {
    const { processes } = thresholds.processLeak;
    // What becomes so many may have been few at first.
    this.#growth.add(nowMs, () => labels.atLeast(Math.ceil(processes / 10)));
    for (const [label, { from, to, forMs }] of this.#growth.found(processes)) {
      yield {
        about: label,
        severity: "notice",
        text: `There are more and more processes ${JSON.stringify(label)}: ${amount(to)}, ${amount(from)} ${seconds(forMs)} ago, and never fewer.`,
        hint: "Look at what they wait for: they may never end. Start them under a supervisor with a limit of children.",
      };
    }
  }
}

/** More and more timers. */
export class TimerLeakRule implements Rule {
  readonly name = "timer-leak";
  readonly forMs = 0;
  readonly keptMs: number = 2 * thresholds.timerLeak.everyMs;
  readonly #growth: LongGrowth = new LongGrowth(thresholds.timerLeak);

  *find({ node, nowMs }: Look): Generator<Evidence, void, undefined> {
    this.#growth.add(nowMs, () => [["timers", node.kernel.alarms.length]]);
    for (const [, { from, to, forMs }] of this.#growth.found(thresholds.timerLeak.timers)) {
      yield {
        about: node.ref.id,
        severity: "notice",
        text: `There are more and more timers: ${amount(to)}, ${amount(from)} ${seconds(forMs)} ago, and never fewer.`,
        hint: "Cancel timers whose message is not wanted any more; look at the timers of the processes that there are most of.",
      };
    }
  }
}

function seconds(forMs: Growth["forMs"]): string {
  return `${Math.round(forMs / 1000)} s`;
}
