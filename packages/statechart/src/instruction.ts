import type { Cause } from "@espalier/heartbeat";
import type { EventObject } from "xstate";
import type { TimeoutKind } from "./timeouts.ts";

/** What an action returns that asks something of the process itself. */
export abstract class Instruction {
  abstract readonly instruction: string;
}

/** See `Statechart.postpone`. */
export class Postpone extends Instruction {
  readonly instruction = "postpone";
  readonly wanted: boolean;

  constructor(wanted: boolean) {
    super();
    this.wanted = wanted;
  }
}

/** See `Statechart.nextEvent`. */
export class NextEvent extends Instruction {
  readonly instruction = "nextEvent";
  readonly event: EventObject;

  constructor(event: EventObject) {
    super();
    this.event = event;
  }
}

/** See `Statechart.timeout` and its like. */
export class SetTimeout extends Instruction {
  readonly instruction = "timeout";
  readonly kind: TimeoutKind;
  readonly id: string;
  /** From now, or by `Process.now`. */
  readonly when: { readonly afterMs: number } | { readonly atMs: number };
  readonly event: EventObject;

  constructor(
    kind: TimeoutKind,
    id: string,
    when: { readonly afterMs: number } | { readonly atMs: number },
    event: EventObject,
  ) {
    super();
    this.kind = kind;
    this.id = id;
    this.when = when;
    this.event = event;
  }
}

/** See `Statechart.updateTimeout`. */
export class UpdateTimeout extends Instruction {
  readonly instruction = "updateTimeout";
  readonly kind: TimeoutKind;
  readonly id: string;
  readonly event: EventObject;

  constructor(kind: TimeoutKind, id: string, event: EventObject) {
    super();
    this.kind = kind;
    this.id = id;
    this.event = event;
  }
}

/** See `Statechart.stop`. */
export class Stop extends Instruction {
  readonly instruction = "stop";
  readonly cause: Cause;

  constructor(cause: Cause) {
    super();
    this.cause = cause;
  }
}
