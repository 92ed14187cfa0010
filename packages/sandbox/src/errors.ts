/** What a sandbox can go beyond. */
export type SandboxLimit =
  | "cpu"
  | "cpuTotal"
  | "memory"
  | "start"
  | "frames"
  | "protocol"
  | "processes"
  | "messages"
  | "sent"
  | "queued"
  | "queuedBytes"
  | "timers"
  | "monitors"
  | "heartbeats"
  | "channels"
  | "sandboxes"
  | "sandboxOwners";

/** Code in a sandbox was stopped: the message names the limit that it went beyond, and the setting. */
export class SandboxError extends Error {
  readonly code = "SANDBOX";
  /** Null when the sandbox ended for another reason. */
  readonly limit: SandboxLimit | null;

  constructor(message: string, limit: SandboxLimit | null) {
    super(message);
    this.name = "SandboxError";
    this.limit = limit;
  }
}
