import type { PackedDefinition } from "@espalier/runtime";
import { Definition, type Dependency, type Kind } from "./definition.ts";
import { refuse } from "./errors.ts";
import type { Evaluator } from "./evaluator.ts";
import { isGlobal } from "./globals.ts";
import { type Origin, readOrigin } from "./origin.ts";
import { readExpression, readFunction } from "./syntax/read.ts";
import { checkRemote } from "./rules.ts";
import { constantValue } from "./constant.ts";
import type { ClassLiteral, Expression, FunctionLiteral, Place } from "./syntax/tree.ts";

/** A definition that came from a peer: nothing of it is believed but what its tree, hashed again, says. */
export class ReceivedDefinition extends Definition {
  readonly kind: Kind;
  readonly name: string;
  readonly tree: FunctionLiteral | ClassLiteral | Expression;
  readonly free: ReadonlyMap<string, Place>;
  /** Where it runs: what it was admitted to, and this node once somebody who is trusted vouches for it. */
  evaluator: Evaluator;
  readonly #origin: Origin;
  readonly #resolve: (reference: string) => Dependency;
  readonly #references: Readonly<Record<string, string>>;
  #dependencies: ReadonlyMap<string, Dependency> | null = null;

  /**
   * @param packed validated as to its shape.
   * @param resolve the definition or builtin that a reference names; throws when there is none.
   * @param evaluator where it runs.
   * @throws DefinitionError when the text is none that may be in a definition, or uses a name that it does not declare.
   */
  constructor(packed: PackedDefinition, resolve: (reference: string) => Dependency, evaluator: Evaluator) {
    super();
    this.evaluator = evaluator;
    const { kind, name, text } = packed;
    this.kind = kind;
    this.name = name;
    this.#origin = readOrigin(packed.origin, name, packed.hash);
    this.#resolve = resolve;
    this.#references = packed.dependencies;
    if (kind === "constant") {
      this.tree = readExpression(text, name);
      this.free = new Map();
      constantValue(this.tree, name);
    } else {
      const { root, free } = readFunction(text, name, null);
      if (kind === "remote") checkRemote(root, name);
      this.tree = root;
      this.free = free;
    }
    for (const [free, place] of this.free) {
      if (!Object.hasOwn(this.#references, free) && !isGlobal(free))
        refuse(name, `\`${free}\` is not among its dependencies`, place.line);
    }
  }

  get dependencies(): ReadonlyMap<string, Dependency> {
    if (this.#dependencies === null) {
      const found = new Map<string, Dependency>();
      for (const name of this.free.keys()) {
        const reference = Object.hasOwn(this.#references, name) ? this.#references[name] : undefined;
        if (reference !== undefined) found.set(name, this.#resolve(reference));
      }
      this.#dependencies = found;
    }
    return this.#dependencies;
  }

  get origin(): Origin {
    return this.#origin;
  }
}
