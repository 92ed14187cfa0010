/** From when on something is a finding. docs/dev-tools.md lists them. */
export const thresholds = {
  mailboxGrowing: { messages: 1_000, forMs: 10_000 },
  mailboxHuge: { messages: 10_000, criticalMessages: 100_000 },
  handlerStuck: { waitingMs: 5_000, criticalMs: 60_000 },
  loopLate: { lateMs: 200, criticalMs: 1_000 },
  /** The watchdog has its own for when it is one at all. For how long it is shown. */
  loopBlocked: { criticalMs: 2_000, shownMs: 60_000 },
  /** Of the restarts that a supervisor may have in its window, the share that it has had. */
  restartLoop: { share: 0.5 },
  /** For how long it is shown. */
  gaveUp: { shownMs: 300_000 },
  flapping: { crashes: 5, withinMs: 60_000 },
  deadLetters: { perSecond: 10 },
  processLeak: { processes: 100, growth: 1.2, samples: 12, everyMs: 10_000 },
  timerLeak: { timers: 1_000, growth: 1.2, samples: 12, everyMs: 10_000 },
  selectiveReceive: { messages: 1_000, forMs: 5_000 },
  callCycle: { waitingMs: 5_000 },
} as const;
