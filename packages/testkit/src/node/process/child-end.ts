import { rmSync } from "node:fs";

let directory: string | null = null;

/** What is removed when whoever runs this process is gone. */
export function leaveNothingIn(runDirectory: string): void {
  directory = runDirectory;
}

/** Whoever ran this process is gone, and cannot clean up. */
export function takeLeave(): never {
  try {
    if (directory !== null) rmSync(directory, { recursive: true, force: true });
  } finally {
    process.kill(process.pid, "SIGKILL");
  }
  throw new Error("a process that killed itself goes on");
}
