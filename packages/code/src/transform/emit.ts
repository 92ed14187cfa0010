import type { Binding, Label } from "../syntax/binding.ts";
import type { Names } from "../syntax/names.ts";
import type { Printer } from "../syntax/print.ts";
import { join, text, type Text } from "../syntax/text.ts";
import type { Liveness } from "./liveness.ts";
import type { Ask, Attempt, Branch, Choice, Loop, Positions, Step } from "./step.ts";

/**
 * Writes the steps of a unit as the body of a native generator that can be asked for its frame, and entered again in the middle.
 *
 * | name | what it is |
 * | --- | --- |
 * | `$pc` | 0 while running; the position to reach while entering again |
 * | `$r` | the frame to enter with: position, then slots; null once it is used up |
 * | `$y` | the last answer |
 * | `$ask` | asks the driver for an answer at once: `ask` of the operations |
 * | `$T` | there is none: the code has to yield what this holds |
 * | `$S` | the question for the frame, sent in place of an answer; thrown, it leads into a `catch` |
 * | `$K` | the order to end, thrown: no `catch` of the author's sees it |
 *
 * While `$pc` is not 0, what comes before the position is skipped and each compound statement steers into the part that holds it. So
 * the code keeps its shape: no dispatch loop, native `finally`, native bindings for each turn of a loop.
 */
export class Emitter {
  readonly #printer: Printer;
  readonly #names: Names;
  readonly #positions: Positions;
  readonly #liveness: Liveness;

  constructor(printer: Printer, names: Names, positions: Positions, liveness: Liveness) {
    this.#printer = printer;
    this.#names = names;
    this.#positions = positions;
    this.#liveness = liveness;
  }

  /** A list of steps: those before the last yield are skipped when the frame is entered behind them. */
  steps(steps: readonly Step[]): Text {
    const lastAsking = steps.findLastIndex((step) => this.#positions.range(step) !== null);
    const out: Text[] = [];
    let skipped: Text[] = [];
    const flush = (): void => {
      if (skipped.length > 0) out.push(text`if ($pc === 0) { ${skipped}}`);
      skipped = [];
    };
    steps.forEach((step, index) => {
      const always = step.kind === "run" && step.always;
      const range = this.#positions.range(step);
      if (index < lastAsking && range === null && !always) {
        skipped.push(this.#step(step), " ");
        return;
      }
      flush();
      if (index < lastAsking && range !== null)
        out.push(text`if ($pc <= ${String(range.last)}) { ${this.#step(step)} } `);
      else out.push(this.#step(step), " ");
    });
    flush();
    return out;
  }

  #step(step: Step): Text {
    switch (step.kind) {
      case "run":
        // A declared function may have to be noted down, which only a list of statements does.
        return step.statement.type === "DeclareFunction"
          ? this.#printer.statements([step.statement])
          : this.#printer.statement(step.statement);
      case "ask":
        return this.#ask(step);
      case "scope":
        return text`{ ${this.#declare(step.bindings)}${this.steps(step.steps)}}`;
      case "marked":
        return text`${this.#labels(step.labels)}{ ${this.steps(step.steps)}}`;
      case "branch":
        return this.#branch(step);
      case "loop":
        return this.#loop(step);
      case "choice":
        return this.#choice(step);
      case "attempt":
        return this.#attempt(step);
    }
  }

  #ask(ask: Ask): Text {
    const slots = this.#liveness.slots(ask).map((binding) => this.#names.local(binding));
    const restore = slots.map((slot, index) => `${slot} = $r[${index + 1}]; `);
    const frame = [String(this.#positions.number(ask)), ...slots].join(", ");
    const keep = ask.target === null ? "" : ` ${this.#names.local(ask.target)} = $y;`;
    const argument = this.#printer.expression(ask.argument, 1);
    const answer = isOfItsOwn(ask)
      ? text`yield ${argument}`
      : text`($y = $ask(${argument})) === $T ? yield $T.yielded : $y`;
    return text`${ask.place}if ($pc === 0) $y = ${answer}; else { ${restore}$r = null; $pc = 0; $y = yield; } while ($y === $S) { $S.frame = [${frame}]; $y = yield; }${keep}`;
  }

  #branch({ place, test, consequent, alternate }: Branch): Text {
    const first = this.#positions.rangeOf(consequent);
    const second = this.#positions.rangeOf(alternate);
    const written = this.#printer.expression(test);
    let condition = written;
    if (first !== null && second !== null)
      condition = text`$pc === 0 ? ${this.#printer.expression(test, 1)} : $pc <= ${String(first.last)}`;
    else if (first !== null) condition = text`$pc !== 0 || (${written})`;
    else if (second !== null) condition = text`$pc === 0 && (${written})`;
    const otherwise = alternate.length === 0 ? "" : text` else { ${this.steps(alternate)}}`;
    return text`${place}if (${condition}) { ${this.steps(consequent)}}${otherwise}`;
  }

  #loop(loop: Loop): Text {
    const { header, body, place } = loop;
    const labels = this.#labels(loop.labels);
    const entering = this.#positions.range(loop) !== null;
    const guard = (test: Text): Text => (entering ? text`$pc !== 0 || ${test}` : test);
    switch (header.kind) {
      case "while":
        return text`${place}${labels}while (${guard(text`(${this.#printer.expression(header.test)})`)}) { ${this.steps(body)}}`;
      case "do":
        return text`${place}${labels}do { ${this.steps(body)}} while (${this.#printer.expression(header.test)});`;
      case "for": {
        const initial = join(
          header.initial.map((one) => text`(${this.#printer.expression(one)})`),
          ", ",
        );
        const begin = header.initial.length === 0 ? "" : text`$pc === 0 && (${initial}, 0)`;
        const variables = header.bindings.map((binding) => this.#names.local(binding)).join(", ");
        const start = variables === "" ? begin : text`let ${variables}${begin === "" ? "" : text`, $i = ${begin}`}`;
        const test = header.test === null ? "" : guard(text`(${this.#printer.expression(header.test)})`);
        const update = header.update === null ? "" : this.#printer.expression(header.update);
        return text`${place}${labels}for (${start}; ${test}; ${update}) { ${this.steps(body)}}`;
      }
      case "each": {
        const cursor = this.#names.local(header.cursor);
        return text`${place}try { ${labels}while (${guard(`${cursor}.next()`)}) { ${this.steps(body)}} } finally { ${cursor}?.end(); }`;
      }
    }
  }

  #choice({ place, labels, chosen, cases }: Choice): Text {
    const number = this.#names.local(chosen);
    const ranges = cases.map((steps) => this.#positions.rangeOf(steps));
    const entered = ranges.flatMap((range, index) => (range === null ? [] : [{ index, last: range.last }]));
    const last = entered.pop();
    const steer = entered.map((one) => `$pc <= ${one.last} ? ${one.index} : `).join("");
    const select = last === undefined ? number : `$pc === 0 ? ${number} : ${steer}${last.index}`;
    const written = cases.map((steps, index) => text`case ${String(index)}: ${this.steps(steps)}`);
    return text`${place}${this.#labels(labels)}switch (${select}) { ${written}}`;
  }

  #attempt({ place, body, handler, finalizer }: Attempt): Text {
    const handled = handler === null ? null : this.#positions.rangeOf(handler.steps);
    const intoHandler = handled === null ? "" : `if ($pc >= ${handled.first}) throw $S; `;
    const out: Text[] = [text`${place}try { ${intoHandler}${this.steps(body)}}`];
    if (handler !== null) {
      const pass = handler.final ? "" : "if ($e === $K) throw $e; ";
      const keep = `${this.#names.local(handler.caught)} = $e; `;
      out.push(text` catch ($e) { ${this.#declare(handler.bindings)}${pass}${keep}${this.steps(handler.steps)}}`);
    }
    if (finalizer !== null) out.push(text` finally { ${this.steps(finalizer)}}`);
    return out;
  }

  #declare(bindings: readonly Binding[]): string {
    return bindings.length === 0 ? "" : `let ${bindings.map((binding) => this.#names.local(binding)).join(", ")}; `;
  }

  #labels(labels: readonly Label[]): string {
    return labels.map((label) => `${this.#names.label(label)}: `).join("");
  }
}

/**
 * What is called by a name alone is nearly always another remote function, for which nobody has an answer at once: asking all the same made a recursion
 * a fifth to a half slower. Operations are called as `Process.send` and `self.receive` are.
 */
function isOfItsOwn({ argument }: Ask): boolean {
  return argument.type === "Call" && (argument.callee.type === "Local" || argument.callee.type === "Free");
}
