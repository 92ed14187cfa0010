import type { Binding, Label } from "../syntax/binding.ts";
import type { Declare, Statement } from "../syntax/tree.ts";
import type { Exits } from "./exits.ts";
import type { ExpressionLowering } from "./lower-expression.ts";
import type { Scope, Step } from "./step.ts";
import type { Unit } from "./unit.ts";

/** What the parts of the lowering need of one another. */
export interface Lowering {
  readonly unit: Unit;
  readonly expressions: ExpressionLowering;
  /** The steps of a block, with the variables that it declares. */
  block(body: readonly Statement[], exits: Exits | null): Scope;
  /** The functions that a block declares, made where it begins; a generator is one of the variables in `bindings`. */
  functions(body: readonly Statement[], bindings: Binding[]): readonly Step[];
  /** A function declaration is no step here: its block has made it. */
  statement(node: Statement, out: Step[], exits: Exits | null, labels: readonly Label[]): void;
  /** A declaration becomes an assignment: the block declares its variables at its top. */
  declare(node: Declare, out: Step[]): void;
  /** Whether a statement has to be taken apart: it yields, or it holds a jump that no longer leads where it led. */
  needsLowering(node: Statement, exits: Exits | null): boolean;
}
