import type { Binding } from "../syntax/binding.ts";
import { type Names, uniqueNames } from "../syntax/names.ts";
import { type FunctionWriter, Printer } from "../syntax/print.ts";
import { render, text, type Text } from "../syntax/text.ts";
import type { FunctionLiteral, Place } from "../syntax/tree.ts";
import { targets } from "../syntax/walk.ts";
import { Emitter } from "./emit.ts";
import { hoistedVariables } from "./facts.ts";
import { Liveness } from "./liveness.ts";
import { StatementLowering } from "./lower-statement.ts";
import { assign, evaluate, run, set } from "./make.ts";
import { Positions, type Step } from "./step.ts";
import type { Settings } from "./settings.ts";
import { type Environment, type FunctionUnit, type Unit, type Units, unitsOf } from "./unit.ts";

/** The version of position numbering and slot order. It changes when either does: a frame of another version is refused by name. */
export const abi = 2;

/** A definition's generators and travelling functions as code that can be evaluated. */
export interface Compiled {
  /**
   * Expressions: generator functions, one for each of `units`, `(frame | null, …captures, …arguments)`; then one maker for each of
   * `functions`, `(…captures)`, that returns the function. None needs another, and each is a script of its own: its lines are the author's, and in
   * one script after another they would have passed.
   */
  readonly code: readonly Entry[];
  readonly units: readonly UnitShape[];
  readonly functions: readonly FunctionShape[];
  readonly names: Names;
  /** Why the function with this text, as the engine tells it, cannot travel; null when it is none of this definition's. */
  explain(source: string): string | null;
}

/** One expression of a definition's code, and where its function stands in the author's text. */
export interface Entry {
  readonly place: Place;
  readonly code: Text;
}

/** What is known of a function that travels as a value. */
export interface FunctionShape {
  readonly captures: readonly CaptureShape[];
}

export interface CaptureShape {
  readonly name: string;
  /** It may have no value yet. */
  readonly early: boolean;
}

/** What a frame of a unit looks like. */
export interface UnitShape {
  /** How many values it takes from around it, before its arguments. */
  readonly captures: number;
  /** What these are called. */
  readonly captured: readonly string[];
  readonly positions: readonly Position[];
}

export interface Position {
  /** The line of the yield in the function's text. */
  readonly line: number;
  /** The column of the yield in its line, from 0. */
  readonly column: number;
  /** What each slot is called in messages. */
  readonly slots: readonly string[];
  /** The lines on which each slot may have got its value; none for the compiler's own. */
  readonly set: readonly (readonly number[])[];
}

/**
 * Compiles a remote definition's tree, which the rules have let through. The code needs the compiler's own names around it,
 * `$S`, `$closure` and so on, and what its free names stand for.
 */
export function compile(root: FunctionLiteral, free: Iterable<string>, name: string): Compiled {
  const names = uniqueNames(root, free);
  const units = unitsOf(root, name);
  const printer = new Printer(names, new TravellingFunctions(units, names));
  const generators = [...units.generators.values()].map((unit) => compileUnit(unit, names, printer, units.settings));
  // A property gives the function its name for stack traces, and declares none.
  const key = JSON.stringify(name);
  const entries = generators.map((unit) => ({ place: unit.place, code: text`{ ${key}: ${unit.code} }[${key}]` }));
  const functions = [...units.functions.values()];
  const makers = functions.map((unit) => ({ place: unit.literal.place, code: compileFunction(unit, names, printer) }));
  return {
    code: [...entries, ...makers],
    units: generators.map(({ shape }) => shape),
    functions: functions.map(({ literal, captures }) => ({
      captures: captures.map((one) => ({ name: one.name, early: units.settings.isSetAfter(one, literal) })),
    })),
    names,
    explain(source) {
      const wanted = comparable(source);
      for (const [literal, problem] of units.problems) {
        if (comparable(render(printer.functionText(literal))) === wanted) return problem;
      }
      return null;
    },
  };
}

/** Parameters and body of a function's text. Lines and columns depend on what stands around it, and its name on whether it is a method. */
function comparable(source: string): string {
  return source.slice(source.indexOf("(")).replaceAll(/\s/g, "");
}

/** Writes functions so that they can be found again by their value. */
class TravellingFunctions implements FunctionWriter {
  readonly #units: Units;
  readonly #names: Names;

  constructor(units: Units, names: Names) {
    this.#units = units;
    this.#names = names;
  }

  write(literal: FunctionLiteral, printer: Printer): Text | null {
    const generator = this.#units.generators.get(literal);
    if (generator !== undefined) return `$closure(${generator.index}, ${this.#captured(generator)})`;
    const unit = this.#units.functions.get(literal);
    if (unit === undefined) return null;
    return text`$function(${String(unit.index)}, ${named(unit, printer)}, ${this.#captured(unit)})`;
  }

  declared(literal: FunctionLiteral, name: string): Text | null {
    const unit = this.#units.functions.get(literal);
    return unit === undefined ? null : `$function(${unit.index}, ${name}, ${this.#captured(unit)}); `;
  }

  #captured({ captures }: Environment): string {
    return `() => [${captures.map((one) => this.#names.local(one)).join(", ")}]`;
  }
}

/** A property gives a function the name that it would have in its place. */
function named({ literal, name, method }: FunctionUnit, printer: Printer): Text {
  const key = JSON.stringify(name ?? "method");
  if (method) return text`{ ${printer.methodText(literal, key)} }[${key}]`;
  return name === null ? printer.functionText(literal) : text`{ ${key}: ${printer.functionText(literal)} }[${key}]`;
}

/** The function made from its captures: what it makes again is made first. */
function compileFunction({ literal, captures, remade }: FunctionUnit, names: Names, printer: Printer): Text {
  const own = remade.find(({ initial }) => initial === literal);
  const variables = remade.map((one) => names.local(one)).join(", ");
  const made = remade.map(
    (one) => text`${names.local(one)} = ${printer.expression(one.initial as FunctionLiteral, 1)}; `,
  );
  const result = own === undefined ? printer.expression(literal, 1) : names.local(own);
  const parameters = captures.map((one) => names.local(one)).join(", ");
  return text`(${parameters}) => { ${variables === "" ? "" : `let ${variables}; `}${made}return ${result}; }`;
}

function compileUnit(
  unit: Unit,
  names: Names,
  printer: Printer,
  settings: Settings,
): Entry & { readonly shape: UnitShape } {
  const steps = lower(unit);
  const positions = new Positions(steps);
  const liveness = new Liveness(unit, steps);
  const emitter = new Emitter(printer, names, positions, liveness);
  const { literal } = unit;
  const simple = hasPlainParameters(literal);
  const parameters = [...unit.captures, ...(simple ? literal.parameters.flatMap((one) => targets(one)) : [])].map(
    (one) => names.local(one),
  );
  const signature = ["$r", ...parameters, ...(simple ? [] : ["...$arguments"])].join(", ");
  const own = ["$y", ...unit.temporaries.map((one) => names.local(one))].join(", ");
  const hoisted = hoistedVariables(literal).map((one) => names.local(one));
  const variables = hoisted.length === 0 ? "" : `var ${hoisted.join(", ")}; `;
  const code = text`function* (${signature}) { let $pc = $r === null ? 0 : $r[0], ${own}; ${variables}${emitter.steps(steps)}}`;
  const described = positions.asks.map((ask): Position => {
    const slots = liveness.slots(ask);
    return {
      line: ask.place.line,
      column: ask.place.column,
      slots: slots.map(describe),
      set: slots.map((slot) => settings.lines(slot)),
    };
  });
  return {
    place: literal.place,
    code,
    shape: { captures: unit.captures.length, captured: unit.captures.map((one) => one.name), positions: described },
  };
}

function lower(unit: Unit): readonly Step[] {
  const { literal } = unit;
  const { place } = literal;
  const steps: Step[] = unit.remade.map((binding) => ({
    ...set(binding, binding.initial as FunctionLiteral, place),
    always: true,
  }));
  const bindings: Binding[] = [...unit.remade];
  if (!hasPlainParameters(literal)) {
    // As one pattern, so that defaults and destructuring happen in order, and once: not again when the frame is entered again.
    bindings.push(...literal.parameters.flatMap((one) => targets(one)));
    const pattern = { type: "ArrayPattern", place, elements: literal.parameters } as const;
    steps.push(run(evaluate(assign(pattern, { type: "Free", place, name: "%arguments" }), place)));
  }
  steps.push(new StatementLowering(unit).block(literal.body, null));
  return [{ kind: "scope", bindings, steps }];
}

function hasPlainParameters({ parameters }: FunctionLiteral): boolean {
  return parameters.every(({ type }) => type === "Local");
}

function describe(binding: Binding): string {
  return binding.kind === "temporary" ? binding.name : `\`${binding.name}\``;
}
