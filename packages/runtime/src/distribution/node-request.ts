import type { Ref } from "../addresses/ref.ts";

/**
 * Something that a process asks of another node itself. It is sent as a message to the process 0 of that node, and answered as a reply to
 * `ref`: so it keeps its place among the signals of the process, and follows it when that moves.
 */
export class NodeRequest {
  readonly ref: Ref;
  /** Such as `"spawn"`. */
  readonly what: string;
  readonly parameters: readonly unknown[];

  constructor(ref: Ref, what: string, parameters: readonly unknown[]) {
    this.ref = ref;
    this.what = what;
    this.parameters = parameters;
  }
}
