import { type Frame, type Hash, RemoteOperation } from "@espalier/runtime";

/** What a {@link RemoteCall} calls. */
export interface Callee {
  readonly name: string;
  readonly hash: Hash;
  /** By whose word it is called, when that is not trusted. */
  readonly stranger?: string | null;
  /** A new frame of one of its units, not begun. */
  enter(unit: number, captures: readonly unknown[], args: readonly unknown[]): Frame;
}

/** A remote definition with its arguments: what calling one returns. Nothing has run; it can be sent to another machine and run there. */
export class RemoteCall<out A> extends RemoteOperation<A> {
  readonly definition: Callee;
  /** 0 is the definition itself; others are the `function*`s in it, which come with what they captured. */
  readonly unit: number;
  readonly captures: readonly unknown[];
  readonly args: readonly unknown[];

  constructor(definition: Callee, unit: number, captures: readonly unknown[], args: readonly unknown[]) {
    super();
    this.definition = definition;
    this.unit = unit;
    this.captures = captures;
    this.args = args;
  }

  override get label(): string {
    return this.definition.name;
  }

  override enter(): Frame {
    return this.definition.enter(this.unit, this.captures, this.args);
  }
}
