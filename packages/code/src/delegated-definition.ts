import type { Hash } from "@espalier/runtime";
import { Definition, type Dependency, type Kind } from "./definition.ts";
import type { Evaluator } from "./evaluator.ts";
import type { Origin } from "./origin.ts";
import type { ClassLiteral, Expression, FunctionLiteral, Place } from "./syntax/tree.ts";
import type { Compiled } from "./transform/compile.ts";

/** A definition of this node, run somewhere else than it says itself: as what a sandbox asks for is run in that sandbox. */
export class DelegatedDefinition extends Definition {
  readonly evaluator: Evaluator;
  readonly #definition: Definition;

  constructor(definition: Definition, evaluator: Evaluator) {
    super();
    this.#definition = definition;
    this.evaluator = evaluator;
  }

  override get hash(): Hash {
    return this.#definition.hash;
  }

  get kind(): Kind {
    return this.#definition.kind;
  }

  get name(): string {
    return this.#definition.name;
  }

  get tree(): FunctionLiteral | ClassLiteral | Expression {
    return this.#definition.tree;
  }

  get free(): ReadonlyMap<string, Place> {
    return this.#definition.free;
  }

  get dependencies(): ReadonlyMap<string, Dependency> {
    return this.#definition.dependencies;
  }

  get origin(): Origin | null {
    return this.#definition.origin;
  }

  override get compiled(): Compiled {
    return this.#definition.compiled;
  }
}
