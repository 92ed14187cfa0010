// What the watched thread and the watchdog's share. It is loaded in a thread that must be there at once, so it imports nothing of other packages.

/** Numbers in the memory that both have, by their index. The watched thread alone writes them. */
export const at = {
  /** How often the event loop has come round, as far as a timer can tell. */
  beat: 0,
  /** When it did last, by {@link sharedMs}. */
  beatMs: 1,
  /** Slices of processes that have begun. */
  slices: 2,
  /** Who has the event loop: the index of a {@link Named}; 0: no process. */
  named: 3,
  /** Its serial; 0: the name says all. */
  serial: 4,
  /** 1: a debugger may have stopped the thread. */
  debugged: 5,
} as const;

export const numbers = 6;

/** A clock that is the same in all threads of the program. */
export function sharedMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** What the watchdog's thread is given. */
export interface WatchTask {
  readonly memory: SharedArrayBuffer;
  /** The event loop is blocked when it has not come round for so long. */
  readonly afterMs: number;
  /** How often the watched thread says that it is there, and the watchdog looks. */
  readonly everyMs: number;
  /** Whether blocks are said on standard error at once. */
  readonly print: boolean;
  /** The expression that says in the watched thread what the process is handling; null: that thread cannot be looked into. */
  readonly handling: string | null;
  /** Lines of a stack that are not the author's. */
  readonly foreign: RegExp;
}

/** Told once, before the first slice of such a process: what is posted leaves the thread at once, even if that is blocked right after. */
export interface Named {
  readonly index: number;
  /** What comes before the serial, such as `order Pid(3f2a.`, and after it. */
  readonly before: string;
  readonly after: string;
}

/** The event loop was blocked, and has come round again. */
export interface Blocked {
  readonly named: number;
  readonly serial: number;
  /** Whether others had the event loop, too, before it came round. */
  readonly several: boolean;
  readonly blockedMs: number;
  readonly handling: string | null;
  readonly stack: readonly string[];
}
