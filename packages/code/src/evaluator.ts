import type { Frame } from "@espalier/runtime";
import type { Definition } from "./definition.ts";

/**
 * The one door through which code is run: every definition has one, and goes through it alone. Where it came from decides which: code of this
 * program and of trusted peers runs in the node itself, everybody else's in a sandbox, or nowhere.
 */
export interface Evaluator {
  /** Where it runs, for people: such as "in this node". */
  readonly place: string;
  /** The peer that is not trusted, by whose word all that runs here runs; absent where that is as each definition says. */
  readonly stranger?: string;
  /** Where what a peer says that is not trusted runs, whoever wrote the code. Absent where that makes no difference. */
  of?(stranger: string): Evaluator;
  /** A frame of one of the definition's generators that has not begun. @param values captures, then arguments. */
  begin(definition: Definition, unit: number, values: readonly unknown[]): Frame;
  /** The frame to go on with at `position`. Whether position and slots fit the generator is known already. */
  resume(definition: Definition, unit: number, position: number, slots: readonly unknown[]): Frame;
  /** What the name of a dependency stands for. @throws CodeRefusedError where functions of such code may not be called. */
  value(definition: Definition): unknown;
  /**
   * A function inside the definition, made from what it captured. Absent where functions of such code may not be called: what then stands
   * for it can only be passed on.
   */
  function?(definition: Definition, index: number, captures: readonly unknown[]): object;
}
