/** What a sandbox can go beyond. */
export type SandboxLimit = "cpu" | "memory" | "start" | "frames" | "protocol";

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
