import { Binding } from "../syntax/binding.ts";
import { refuse } from "../errors.ts";
import type { FunctionLiteral, Node, Place } from "../syntax/tree.ts";
import { isFunction, targets, walk } from "../syntax/walk.ts";
import { Facts, freeVariables, hoistedVariables } from "./facts.ts";

/**
 * One generator of a definition: the definition itself is unit 0, a `function*` inside it another. A unit gets what it uses of the
 * functions around it by value, so its frames need nobody else's.
 */
export class Unit {
  readonly index: number;
  readonly literal: FunctionLiteral;
  readonly facts: Facts;
  /** The variables of the functions around it whose values it gets. */
  readonly captures: readonly Binding[];
  /** The functions and classes of the functions around it that it makes again for itself. */
  readonly remade: readonly Binding[];
  /** The variables of its own that may be alive across a yield. The lowering adds the blocks that it takes apart. */
  readonly variables: Set<Binding>;
  /** Variables of its own that are functions and cannot be made again where they are declared. */
  readonly #fixed = new Set<Binding>();
  readonly temporaries: Binding[] = [];

  constructor(index: number, literal: FunctionLiteral, root: FunctionLiteral, name: string, facts: Facts) {
    this.index = index;
    this.literal = literal;
    this.facts = facts;
    const { captures, remade } = literal === root ? { captures: [], remade: [] } : environment(literal, root, name);
    this.captures = captures;
    this.remade = remade;
    const parameters = literal.parameters.flatMap((parameter) => targets(parameter));
    this.variables = new Set([...captures, ...remade, ...parameters, ...hoistedVariables(literal)]);
  }

  /** A variable of the compiler's own; `description` is what a message calls it. */
  temporary(description: string): Binding {
    const binding = new Binding(description, "temporary", this.temporaries.length);
    this.temporaries.push(binding);
    this.variables.add(binding);
    return binding;
  }

  intermediate(place: Place): Binding {
    return this.temporary(`an intermediate value on line ${place.line}`);
  }

  /** The binding is declared where a frame that is entered again may not pass: its function has to travel, or nothing does. */
  fix(binding: Binding): void {
    this.#fixed.add(binding);
  }

  /** Its value is a function or class that is made again instead of travelling. */
  isRemade(binding: Binding): boolean {
    return isRemakeable(binding) && this.variables.has(binding) && !this.#fixed.has(binding);
  }
}

/**
 * The generators of a definition in the order of the source, each with the number by which frames know it.
 *
 * @throws DefinitionError for a captured variable that changes.
 */
export function unitsOf(root: FunctionLiteral, name: string): ReadonlyMap<FunctionLiteral, Unit> {
  const facts = new Facts();
  const units = new Map<FunctionLiteral, Unit>();
  walk(root, (node) => {
    if (isFunction(node) && node.generator) units.set(node, new Unit(units.size, node, root, name, facts));
  });
  return units;
}

/** What an inner generator takes from around it. A variable that changes is refused: its value would be frozen at a moment nobody sees. */
function environment(
  literal: FunctionLiteral,
  root: FunctionLiteral,
  name: string,
): { captures: readonly Binding[]; remade: readonly Binding[] } {
  const captures = new Set<Binding>();
  const remade = new Set<Binding>();
  const take = (bindings: Iterable<Binding>): void => {
    for (const binding of bindings) {
      if (captures.has(binding) || remade.has(binding) || binding === root.self) continue;
      if (isRemakeable(binding)) {
        remade.add(binding);
        take(freeVariables(binding.initial as Node));
      } else if (binding.constant) {
        captures.add(binding);
      } else {
        const problem = `the function* in it uses \`${binding.name}\`, which is assigned more than once; copy it to a const before, and use that`;
        refuse(name, problem, literal.place.line);
      }
    }
  };
  take(freeVariables(literal));
  if (literal.self !== null) take([literal.self]);
  return { captures: inOrder(captures), remade: inOrder(remade) };
}

function isRemakeable(binding: Binding): boolean {
  return binding.initial !== null && binding.constant;
}

function inOrder(bindings: Iterable<Binding>): readonly Binding[] {
  return [...bindings].sort((one, other) => one.index - other.index);
}
