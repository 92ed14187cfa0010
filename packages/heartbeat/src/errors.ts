/** A node holds as many heartbeats, or as many registrations for a peer, as it may. */
export class HeartbeatLimitError extends Error {
  readonly code = "HEARTBEAT_LIMIT";
  /** The name of the limit and its value. */
  readonly limit: string;
  readonly max: number;

  constructor(limit: string, max: number) {
    super(`${limit}: at most ${max}`);
    this.name = "HeartbeatLimitError";
    this.limit = limit;
    this.max = max;
  }
}

/** A heartbeat ended so long ago that its home no longer knows why: what waits for its cause fails with this (P14). */
export class HeartbeatForgottenError extends Error {
  readonly code = "HEARTBEAT_FORGOTTEN";

  constructor(heartbeat: { toString(): string }) {
    super(`${heartbeat.toString()} ended, and its home no longer knows why`);
    this.name = "HeartbeatForgottenError";
  }
}
