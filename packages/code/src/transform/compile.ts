import type { Binding } from "../syntax/binding.ts";
import { type Names, uniqueNames } from "../syntax/names.ts";
import { Printer } from "../syntax/print.ts";
import { text, type Text } from "../syntax/text.ts";
import type { FunctionLiteral } from "../syntax/tree.ts";
import { targets } from "../syntax/walk.ts";
import { Emitter } from "./emit.ts";
import { hoistedVariables } from "./facts.ts";
import { Liveness } from "./liveness.ts";
import { StatementLowering } from "./lower-statement.ts";
import { assign, evaluate, run, set } from "./make.ts";
import { Positions, type Step } from "./step.ts";
import { type Unit, unitsOf } from "./unit.ts";

/** The version of position numbering and slot order. It changes when either does: a frame of another version is refused by name. */
export const abi = 1;

/** A definition's generators as code that can be evaluated. */
export interface Compiled {
  /** An array of generator functions, one for each unit: `(frame | null, …captures, …arguments)`. */
  readonly code: Text;
  readonly units: readonly UnitShape[];
  readonly names: Names;
}

/** What a frame of a unit looks like. */
export interface UnitShape {
  /** How many values it takes from around it, before its arguments. */
  readonly captures: number;
  readonly positions: readonly Position[];
}

export interface Position {
  /** The line of the yield in the function's text. */
  readonly line: number;
  /** What each slot is called in messages. */
  readonly slots: readonly string[];
}

/**
 * Compiles a remote definition's tree, which the rules have let through. The code needs `$S`, `$K`, `$iterate`, `$keys` and `$closure`
 * around it, and what its free names stand for.
 */
export function compile(root: FunctionLiteral, free: Iterable<string>, name: string): Compiled {
  const names = uniqueNames(root, free);
  const units = unitsOf(root, name);
  const closure = (literal: FunctionLiteral): Text | null => {
    const unit = units.get(literal);
    return unit === undefined
      ? null
      : `$closure(${unit.index}, () => [${unit.captures.map((one) => names.local(one)).join(", ")}])`;
  };
  const printer = new Printer(names, closure);
  const compiled = [...units.values()].map((unit) => compileUnit(unit, names, printer));
  // A property gives the function its name for stack traces, and declares none.
  const key = JSON.stringify(name);
  const code = compiled.map((unit) => text`{ ${key}: ${unit.code} }[${key}], `);
  return { code: text`[${code}]`, units: compiled.map(({ shape }) => shape), names };
}

function compileUnit(unit: Unit, names: Names, printer: Printer): { code: Text; shape: UnitShape } {
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
  const described = positions.asks.map((ask): Position => ({
    line: ask.place.line,
    slots: liveness.slots(ask).map(describe),
  }));
  return { code, shape: { captures: unit.captures.length, positions: described } };
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
