import { Binding } from "../syntax/binding.ts";
import { refuse } from "../errors.ts";
import type { FunctionLiteral, Node, Place } from "../syntax/tree.ts";
import { forEachPart, isFunction, targets, walk } from "../syntax/walk.ts";
import { Facts, freeVariables, hoistedVariables } from "./facts.ts";
import { type Kept, keptFunctions } from "./kept.ts";
import { Settings } from "./settings.ts";

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
  /** Variables that are functions and travel as the values that they are. */
  readonly #travelling: ReadonlySet<Binding>;
  readonly temporaries: Binding[] = [];

  constructor(
    index: number,
    literal: FunctionLiteral,
    { captures, remade }: Environment,
    facts: Facts,
    travelling: ReadonlySet<Binding>,
  ) {
    this.index = index;
    this.literal = literal;
    this.facts = facts;
    this.captures = captures;
    this.remade = remade;
    this.#travelling = travelling;
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
    if (this.#travelling.has(binding) && !this.remade.includes(binding)) return false;
    return isRemakeable(binding) && this.variables.has(binding) && !this.#fixed.has(binding);
  }
}

/** A function inside a definition that is no generator, and that travels as a value. Units of this kind come after the generators. */
export interface FunctionUnit extends Environment, Kept {
  readonly index: number;
  readonly literal: FunctionLiteral;
}

/** What a function takes from the functions around it. */
export interface Environment {
  /** The variables whose values it gets. */
  readonly captures: readonly Binding[];
  /** The functions and classes that it makes again for itself. */
  readonly remade: readonly Binding[];
}

/** Everything in a definition that has a number by which other machines know it. */
export interface Units {
  readonly generators: ReadonlyMap<FunctionLiteral, Unit>;
  readonly functions: ReadonlyMap<FunctionLiteral, FunctionUnit>;
  /** Why a function is not among them: it ends the sentence "it is a function that …". */
  readonly problems: ReadonlyMap<FunctionLiteral, string>;
  /** Where variables get their values. */
  readonly settings: Settings;
}

/**
 * The functions of a definition that travel: its generators, then the other functions that may be alive as values, each in the order of
 * the source.
 *
 * @throws DefinitionError for a generator that captures a variable that changes.
 */
export function unitsOf(root: FunctionLiteral, name: string): Units {
  const facts = new Facts();
  const settings = new Settings(root);
  const kept = keptFunctions(root);
  const found = new Map<FunctionLiteral, Environment>();
  const problems = new Map<FunctionLiteral, string>();
  walk(root, (node) => {
    if (!isFunction(node)) return;
    if (node.generator) {
      found.set(node, node === root ? nothingAround : environmentOfGenerator(node, root, name));
      return;
    }
    const problem = kept.has(node) ? reach(node) : null;
    const { changing, ...environment } = environmentOf(node, root);
    if (problem !== null || changing !== null) {
      problems.set(
        node,
        problem ?? `captures \`${changing?.name}\`, which changes; copy it to a const before, and use that`,
      );
    } else if (kept.has(node)) {
      found.set(node, environment);
    }
  });

  const travelling = new Set<Binding>();
  for (const [literal, environment] of found) {
    if (!kept.has(literal)) continue;
    const binding = settings.boundTo(literal);
    if (binding !== null && !environment.captures.some((one) => settings.isSetAfter(one, literal)))
      travelling.add(binding);
  }
  const entries = [...found];
  const generators = entries
    .filter(([literal]) => literal.generator)
    .map(([literal, environment], index) => new Unit(index, literal, environment, facts, travelling));
  const functions = entries
    .filter(([literal]) => !literal.generator)
    .map(([literal, environment], index): FunctionUnit => {
      const { name: given, method } = kept.get(literal) as Kept;
      return { ...environment, name: given, method, index: generators.length + index, literal };
    });
  return {
    generators: new Map(generators.map((unit) => [unit.literal, unit])),
    functions: new Map(functions.map((unit) => [unit.literal, unit])),
    problems,
    settings,
  };
}

const nothingAround: Environment = { captures: [], remade: [] };

/**
 * What a `function*` inside a definition takes from around it.
 *
 * @throws DefinitionError when it cannot be had on another machine.
 */
export function environmentOfGenerator(literal: FunctionLiteral, root: FunctionLiteral, name: string): Environment {
  const { line } = literal.place;
  const problem = reach(literal);
  if (problem !== null) refuse(name, `a function* that ${problem} cannot move`, line);
  const { changing, ...environment } = environmentOf(literal, root);
  if (changing === null) return environment;
  return refuse(
    name,
    `the function* in it uses \`${changing.name}\`, which is assigned more than once; copy it to a const before, and use that`,
    line,
  );
}

/** What an inner function takes from around it; `changing` is a variable that it would see change, whose value would be frozen instead. */
function environmentOf(literal: FunctionLiteral, root: FunctionLiteral): Environment & { changing: Binding | null } {
  const captures = new Set<Binding>();
  const remade = new Set<Binding>();
  let changing: Binding | null = null;
  const take = (bindings: Iterable<Binding>): void => {
    for (const binding of bindings) {
      if (captures.has(binding) || remade.has(binding) || binding === root.self) continue;
      if (isRemakeable(binding)) {
        remade.add(binding);
        take(freeVariables(binding.initial as Node));
      } else if (binding.constant) {
        captures.add(binding);
      } else {
        changing ??= binding;
      }
    }
  };
  take(freeVariables(literal));
  if (literal.generator && literal.self !== null) take([literal.self]);
  return { captures: inOrder(captures), remade: inOrder(remade), changing };
}

/** What keeps a function where it is, whatever it captures. */
function reach(literal: FunctionLiteral): string | null {
  let found: string | null = null;
  const visit = (node: Node, nested: boolean): void => {
    if (node.type === "PrivateKey" || node.type === "HasPrivate")
      found ??= "uses a private name of the class around it";
    if (node.type === "Keyword" && !nested && (node.keyword === "super" || literal.arrow)) {
      found ??= `uses the \`${node.keyword}\` of the method around it; copy what it needs to a const`;
    }
    forEachPart(node, (part) => {
      if (part.type === "ClassLiteral") return;
      visit(part, nested || (isFunction(part) && !part.arrow));
    });
  };
  visit(literal, false);
  return found;
}

function isRemakeable(binding: Binding): boolean {
  return binding.initial !== null && binding.constant;
}

function inOrder(bindings: Iterable<Binding>): readonly Binding[] {
  return [...bindings].sort((one, other) => one.index - other.index);
}
