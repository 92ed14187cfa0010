// What the program can ask for, as a namespace that every node of a deployment has: so are `Process` and `Remote`.

import { type Moving, Operation } from "@espalier/heartbeat";

export class Told extends Operation<unknown, Moving> {
  readonly type = "tools.told";
  readonly value: unknown;
  constructor(value: unknown) {
    super();
    this.value = value;
  }
}

export class Failed extends Operation<never, Moving> {
  readonly type = "tools.failed";
  readonly message: string;
  constructor(message: string) {
    super();
    this.message = message;
  }
}

/** Writes `value` down, and answers it. */
export function tell(value: unknown): Told {
  return new Told(value);
}

export function fail(message: string): Failed {
  return new Failed(message);
}
