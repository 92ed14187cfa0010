import type { SeededRandom } from "./random.ts";

interface Label {
  readonly name: string;
  readonly loop: boolean;
}

/** What the program being written has in scope. */
class Surroundings {
  readonly numbers: readonly string[];
  readonly variables: readonly string[];
  readonly functions: readonly string[];
  readonly generators: readonly string[];
  readonly labels: readonly Label[];
  readonly inLoop: boolean;
  /** A declaration would not be a statement here, or would be passed by. */
  readonly bare: boolean;

  constructor(from: Partial<Surroundings>) {
    this.numbers = from.numbers ?? [];
    this.variables = from.variables ?? [];
    this.functions = from.functions ?? [];
    this.generators = from.generators ?? [];
    this.labels = from.labels ?? [];
    this.inLoop = from.inLoop ?? false;
    this.bare = from.bare ?? false;
  }

  with(change: Partial<Surroundings>): Surroundings {
    return new Surroundings(Object.assign({}, this, change));
  }

  without(name: string): Surroundings {
    const without = (names: readonly string[]): string[] => names.filter((other) => other !== name);
    return this.with({
      numbers: without(this.numbers),
      variables: without(this.variables),
      functions: without(this.functions),
      generators: without(this.generators),
    });
  }

  /** One name more, which hides others of its name. */
  declare(name: string, kind: "const" | "let" | "function" | "generator"): Surroundings {
    const { numbers, variables, functions, generators, ...rest } = this.without(name);
    return new Surroundings({
      ...rest,
      numbers: kind === "const" || kind === "let" ? [...numbers, name] : numbers,
      variables: kind === "let" ? [...variables, name] : variables,
      functions: kind === "function" ? [...functions, name] : functions,
      generators: kind === "generator" ? [...generators, name] : generators,
    });
  }
}

/**
 * Writes random generator functions that use the whole statement grammar, with yields in every place where one may stand. They end:
 * loops are bounded, and who runs them counts operations.
 *
 * Each uses `v(x)`, an operation that answers x; `log(x)`; `bad(x)`, which fails; and `add(a, b, c)`, a plain function that leaves a
 * trace.
 */
export class Grammar {
  readonly #random: SeededRandom;
  #fuel: number;
  #names = 0;

  /** @param size about how many compound statements. */
  constructor(random: SeededRandom, size: number) {
    this.#random = random;
    this.#fuel = size;
  }

  program(): string {
    let around = new Surroundings({ numbers: ["n", "m"], variables: ["m"] });
    let body = "";
    const count = this.#fuel < 20 ? 1 + this.#random.below(3) : 3 + this.#random.below(5);
    for (let index = 0; index < count; index++) {
      const [statement, next] = this.#statement(around, 3);
      body += `\n  ${statement}`;
      around = next;
    }
    const parameters = this.#random.pick(["n, m", "n, m", "n = 7, m = n + 1", "...[n, m]", "n, ...[m = 2]"]);
    return `function* main(${parameters}) { const out = []; const arr = [1, 2, 3, 4]; ${body}\n  return [out, arr, n, m]; }`;
  }

  #fresh(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  // Expressions

  #expression(around: Surroundings, depth: number): string {
    const random = this.#random;
    if (depth <= 0 || random.chance(0.25)) {
      return around.numbers.length > 0 && random.chance(0.7) ? random.pick(around.numbers) : String(random.below(9));
    }
    const e = (): string => this.#expression(around, depth - 1);
    switch (random.below(31)) {
      case 0:
      case 1:
      case 2:
        return `(yield* v(${e()}))`;
      case 3:
        return `(${e()} ${random.pick(["+", "-", "*", "<", "==="])} ${e()})`;
      case 4:
        return `(${e()} ${random.pick(["&&", "||"])} ${e()})`;
      case 5:
        return `((${e()}) ?? ${e()})`;
      case 6:
        return `(${e()} > ${e()} ? ${e()} : ${e()})`;
      case 7:
        return around.variables.length === 0
          ? e()
          : `(${random.pick(around.variables)} ${random.pick(["=", "+=", "-=", "||=", "&&=", "??="])} ${e()})`;
      case 8:
        return around.variables.length === 0 ? e() : `${random.pick(around.variables)}${random.pick(["++", "--"])}`;
      case 9:
        return `[${e()}, ${e()}].reduce((p, q) => p * 2 + q, 0)`;
      case 10:
        return `add(${e()}, ${e()}, ${e()})`;
      case 11:
        return `({ x: ${e()}, [${e()}]: 5, y: ${e()} }).x`;
      case 12:
        return `\`\${${e()}}|\${${e()}}\`.length`;
      case 13:
        return `Math.max(${e()}, ...[${e()}, ${e()}])`;
      case 14:
        return around.functions.length === 0 ? e() : `${random.pick(around.functions)}(${e()})`;
      case 15:
        return `(${e()}, ${e()})`;
      case 16:
        return `arr[${e()} & 3]`;
      case 17:
        return `(arr[${e()} & 3] ${random.pick(["=", "+=", "??=", "&&="])} ${e()})`;
      case 18:
        return `[...[${e()}], , ${e()}].length`;
      case 19:
        return around.generators.length === 0 ? e() : `(yield* ${random.pick(around.generators)}(${e()}))`;
      case 20:
        return `(arr?.[${e()} & 3]?.toFixed(${e()} & 1).length ?? ${e()})`;
      case 21:
        return `arr[${e()} & 3]++`;
      case 22:
        return `[${e()}, ${e()}].at(${e()} & 1)`;
      case 23:
        return `(arr.missing?.(${e()}) ?? arr.at?.(${e()} & 3))`;
      case 25: {
        // A value that changes while a yield is waited for.
        const [variable] = around.variables.toSorted();
        return variable === undefined ? e() : `(${variable} ${random.pick(["+", "-"])} (yield* v(${variable}++)))`;
      }
      case 26:
        return `((s, ...x) => s.raw.length + x[0])\`a\${${e()}}b\${${e()}}\``;
      case 27:
        return around.variables.length === 0
          ? e()
          : `([${random.pick(around.variables)} = ${e()}, arr[${e()} & 3]] = [${random.chance(0.5) ? "undefined" : e()}, ${e()}])[1]`;
      case 28:
        return `(({ [${e()}]: arr[1] = ${e()} } = { 3: ${e()} })[3] ?? ${e()})`;
      case 29:
        return `arr?.[${e()} & 1]?.["toFixed"]?.(${e()} & 1)?.length`;
      case 30:
        return `(delete { a: 1 }?.[${e()}] ? ${e()} : 0)`;
      case 24:
        return `(new Array(${e()} & 3, ${e()})).length`;
      default:
        return `({ ...{ a: ${e()} }, get b() { return 1; }, a: ${e()} }).${random.pick(["a", "b"])}`;
    }
  }

  /** An expression for places where nothing may yield. */
  #quiet(around: Surroundings, depth: number): string {
    for (;;) {
      const written = this.#expression(around, depth);
      if (!written.includes("yield")) return written;
    }
  }

  // Statements

  #block(around: Surroundings, depth: number): string {
    let inner = around.with({ bare: false });
    let body = "";
    if (around.numbers.length > 0 && this.#random.chance(0.3)) {
      // A name of outside means something else in this block.
      const name = this.#random.pick(around.numbers);
      const keyword = this.#random.pick(["let", "const"] as const);
      body += `${keyword} ${name} = ${this.#expression(around.without(name), 2)}; `;
      inner = inner.declare(name, keyword);
    }
    for (let count = 1 + this.#random.below(4); count > 0; count--) {
      const [statement, next] = this.#statement(inner, depth);
      body += `${statement} `;
      inner = next;
    }
    return `{ ${body}}`;
  }

  #statement(around: Surroundings, depth: number): readonly [written: string, after: Surroundings] {
    if (--this.#fuel < 0) depth = 0;
    const random = this.#random;
    const kind = random.below(depth <= 0 ? 10 : 30);
    if (kind <= 3 && !around.bare) return this.#declaration(around, depth);
    return [this.#plain(around, kind, depth), around];
  }

  #declaration(around: Surroundings, depth: number): readonly [string, Surroundings] {
    const random = this.#random;
    const kind = random.below(16);
    if (kind >= 10) return this.#value(around, kind, depth);
    if (kind <= 4) {
      const keyword = random.pick(["let", "const"] as const);
      const name = this.#fresh("x");
      return [`${keyword} ${name} = ${this.#expression(around, 2)};`, around.declare(name, keyword)];
    }
    if (kind <= 6) {
      const name = this.#fresh("f");
      const parameter = this.#fresh("p");
      const body = this.#quiet(around.with({ generators: [] }).declare(parameter, "const"), 2);
      const written = random.chance(0.7)
        ? `const ${name} = (${parameter}) => ${body};`
        : `function ${name}(${parameter}) { return ${body}; }`;
      return [written, around.declare(name, "function")];
    }
    if (kind === 7) {
      const [one, other] = [this.#fresh("d"), this.#fresh("d")];
      const written = `const { x: ${one}, y: ${other} = 3 } = { x: ${this.#expression(around, 2)} };`;
      return [written, around.declare(one, "const").declare(other, "const")];
    }
    if (kind === 8) {
      const name = this.#fresh("x");
      return [`var ${name} = ${this.#expression(around, 2)};`, around.declare(name, "let")];
    }
    return this.#generator(around, depth);
  }

  /** Functions alive as values, in all the places where they may be, and what else came later to the language. */
  #value(around: Surroundings, kind: number, depth: number): readonly [string, Surroundings] {
    const random = this.#random;
    const name = this.#fresh("c");
    const parameter = this.#fresh("p");
    const still = this.#still(around);
    const quiet = (more: Surroundings = still): string =>
      this.#quiet(more.declare(parameter, random.chance(0.5) ? "const" : "let"), 2);
    switch (kind) {
      case 10:
        return [
          `const ${name} = [(${parameter}) => ${quiet()}, function (${parameter}) { return ${quiet()}; }];`,
          this.#callable(around, `${name}[0]`, `${name}[1]`),
        ];
      case 11: {
        const method = random.pick(["m", "['m']", "async", "get"]);
        const called = method.startsWith("[") ? `${name}.m` : `${name}.${method}`;
        const yields = random.chance(0.5)
          ? `*g(${parameter}) { ${this.#body(still.declare(parameter, "const"), depth)} }, `
          : "";
        const written = `const ${name} = { k: ${this.#expression(around, 1)}, ${method}(${parameter}) { return this.k + ${quiet()}; }, ${yields}f: (${parameter}) => ${quiet()} };`;
        const after = this.#callable(around, called, `${name}.f`);
        return [written, yields === "" ? after : after.with({ generators: [...after.generators, `${name}.g`] })];
      }
      case 12: {
        const made = `(${parameter}) => ${quiet()}`;
        const later = random.chance(0.5) ? ` ${name} = (${parameter}) => ${quiet()} + 1;` : "";
        return [
          `let ${name} = ${made}; yield* log(${this.#expression(around, 1)});${later}`,
          this.#callable(around, name),
        ];
      }
      case 13: {
        const x = this.#fresh("x");
        const push = `${name}.push((${parameter}) => ${quiet(still.declare(x, "const"))})`;
        const subject = `[${this.#expression(around, 1)}, ${this.#expression(around, 1)}]`;
        return [
          `const ${name} = []; for (const ${x} of ${subject}) { ${push}; yield* log(${x}); }`,
          this.#callable(around, `${name}[0]`, `${name}.at(-1)`),
        ];
      }
      case 14: {
        const written = `class ${name} { #p = ${this.#quiet(still, 2)}; m(${parameter}) { return this.#p + ${quiet()}; } }`;
        return [written, this.#callable(around, `new ${name}().m`)];
      }
      default: {
        const [one, other, rest] = [this.#fresh("d"), this.#fresh("d"), this.#fresh("d")];
        const e = (deep = 1): string => this.#expression(around, deep);
        const written = random.chance(0.5)
          ? `const { x: ${one} = ${e(2)}, [${e()}]: { y: ${other} = ${e(2)} } = {}, ...${rest} } = { ${random.pick(["x", "z"])}: ${e()} };`
          : `let [${one} = ${e(2)}, , [${other} = ${e(2)}] = [], ...${rest}] = ${random.pick(["", "new Set"])}([${random.pick(["undefined", e()])}, ${e()}]);`;
        return [written, around.declare(one, "const").declare(other, "const")];
      }
    }
  }

  /** What an inner function that travels may see: what does not change. */
  #still(around: Surroundings): Surroundings {
    return new Surroundings({
      numbers: around.numbers.filter((one) => !around.variables.includes(one) && !/^[nm]$/.test(one)),
    });
  }

  #callable(around: Surroundings, ...written: readonly string[]): Surroundings {
    return around.with({ functions: [...around.functions, ...written] });
  }

  /** An inner generator sees only what does not change: anything else is refused where it is defined. */
  #generator(around: Surroundings, depth: number): readonly [string, Surroundings] {
    const random = this.#random;
    const name = this.#fresh("g");
    const parameter = this.#fresh("p");
    const inside = this.#still(around).declare(parameter, random.chance(0.5) ? "const" : "let");
    const literal = `{ ${this.#body(inside, depth)} }`;
    const written = random.chance(0.6)
      ? `const ${name} = function* (${parameter}) ${literal};`
      : `function* ${name}(${parameter}) ${literal}`;
    return [written, around.declare(name, "generator")];
  }

  #body(around: Surroundings, depth: number): string {
    let inside = around;
    let body = "";
    for (let count = 1 + this.#random.below(2); count > 0; count--) {
      const [statement, next] = this.#statement(inside, depth - 1);
      body += `${statement} `;
      inside = next;
    }
    return `${body}return ${this.#expression(inside, 2)};`;
  }

  #plain(around: Surroundings, kind: number, depth: number): string {
    const random = this.#random;
    const e = (deep = 2): string => this.#expression(around, deep);
    const block = (inner: Surroundings = around): string => this.#block(inner, depth - 1);
    switch (kind) {
      case 4:
        return `out.push(${e()});`;
      case 5:
        return `yield* log(${e()});`;
      case 6:
        return around.variables.length === 0
          ? `yield* v(${e()});`
          : `${random.pick(around.variables)} ${random.pick(["=", "+="])} ${e(3)};`;
      case 7:
        return `${e(3)};`;
      case 8:
      case 9:
        return this.#jump(around);
      case 10:
      case 11:
        return `if (${e()}) ${block()}${random.chance(0.5) ? ` else ${block()}` : ""}`;
      case 12:
      case 13:
        return this.#for(around, depth);
      case 14:
      case 15:
        return this.#forOf(around, depth);
      case 16: {
        const w = this.#fresh("w");
        const inner = around.declare(w, "const").with({ inLoop: true });
        return `{ let ${w} = 0; while (${w}++ < ${1 + random.below(3)}${random.chance(0.3) ? " && (yield* v(1))" : ""}) ${block(inner)} }`;
      }
      case 17: {
        const w = this.#fresh("w");
        const test = `${w}++ < ${random.below(3)}${random.chance(0.3) ? " && (yield* v(1))" : ""}`;
        return `{ let ${w} = 0; do ${block(around.with({ inLoop: true }))} while (${test}); }`;
      }
      case 18:
      case 19:
      case 20:
        return this.#try(around, depth);
      case 21:
        return random.chance(0.5) ? `if (${e(1)} > 5) throw ${e(1)};` : `if (${e(1)} > 5) yield* bad(${e(1)});`;
      case 22:
        return this.#switch(around, depth);
      case 23: {
        const label = this.#fresh("l");
        const inner = around.with({ labels: [...around.labels, { name: label, loop: false }] });
        return `${label}: ${block(inner)}`;
      }
      case 24:
        return block();
      case 25: {
        const k = this.#fresh("k");
        return `for (const ${k} in { p: ${e(1)}, q: 2 }) { out.push(${k}); ${block(around.with({ inLoop: true }))} }`;
      }
      case 27: {
        // Nothing that disposes travels here; what does not need to is disposed of, or is nothing.
        const u = this.#fresh("u");
        const inner = block();
        const resource = random.pick(["null", "undefined", `{ [Symbol.dispose]() { out.push("${u}"); } }`]);
        return `{ using ${u} = ${resource}; ${inner} }`;
      }
      case 26: {
        const [one, other] =
          around.variables.length > 1 ? [around.variables[0], around.variables.at(-1)] : ["arr[0]", "arr[1]"];
        return `[${one}, ${other}] = [${e()}, ${e()}];`;
      }
      default: {
        // What a closure uses has to be there after a yield.
        const f = around.functions.length === 0 ? "add" : random.pick(around.functions);
        return `yield* log(${e()}); out.push(${f}(${e()}, 1, 2));`;
      }
    }
  }

  #jump(around: Surroundings): string {
    const random = this.#random;
    const test = this.#expression(around, 1);
    if (around.inLoop && random.chance(0.5)) return `if (${test} > 4) ${random.pick(["break", "continue"])};`;
    if (around.labels.length > 0 && random.chance(0.6)) {
      const { name, loop } = random.pick(around.labels);
      return `if (${test} > 3) ${loop && random.chance(0.5) ? "continue" : "break"} ${name};`;
    }
    return `if (${test} > 6) return ${this.#expression(around, 2)};`;
  }

  #labelled(around: Surroundings): readonly [prefix: string, inside: Surroundings] {
    const inside = around.with({ inLoop: true, bare: false });
    if (!this.#random.chance(0.3)) return ["", inside];
    const name = this.#fresh("l");
    return [`${name}: `, inside.with({ labels: [...around.labels, { name, loop: true }] })];
  }

  #for(around: Surroundings, depth: number): string {
    const random = this.#random;
    const i = this.#fresh("i");
    const [label, inside] = this.#labelled(around);
    const start = random.pick(["0", "0", "add(0, 0, 0)", `${this.#expression(around, 1)} & 1`]);
    const limit = random.chance(0.15) ? `(yield* v(${1 + random.below(3)}))` : String(1 + random.below(3));
    const update = random.chance(0.1) ? `yield* v(${i}++)` : `${i}++`;
    const body = this.#block(inside.declare(i, "const"), depth - 1);
    const header = `for (let ${i} = ${start}; ${i} < ${limit}; ${update})`;
    if (!random.chance(0.4)) return `${label}${header} ${body}`;
    // Closures over the loop variable show whether each turn has its own.
    const c = this.#fresh("c");
    return `{ const ${c} = []; ${label}${header} { ${c}.push(() => ${i}); ${body} } out.push(...${c}.map((f) => f())); }`;
  }

  #forOf(around: Surroundings, depth: number): string {
    const random = this.#random;
    const x = this.#fresh("x");
    const [label, inside] = this.#labelled(around);
    const keyword = random.pick(["let", "const"] as const);
    const target = random.chance(0.3) ? random.pick([`[${x}]`, `[${x} = ${this.#expression(around, 1)}]`]) : x;
    const [one, other] = [this.#expression(around, 1), this.#expression(around, 1)];
    const items = target === x ? `[${one}, ${other}]` : `[[${one}], [${other}]]`;
    const subject = random.pick([items, `new Set(${items})`, `${items}.values()`, `new Map([[1, ${items}]]).get(1)`]);
    const assigned = around.variables.length > 0 && target === x && random.chance(0.2);
    const header = assigned ? random.pick(around.variables) : `${keyword} ${target}`;
    const body = this.#block(assigned ? inside : inside.declare(x, keyword), depth - 1);
    return `${label}for (${header} of ${subject}) ${body}`;
  }

  #try(around: Surroundings, depth: number): string {
    const random = this.#random;
    const catches = random.chance(0.7);
    let written = `try ${this.#block(around, depth - 1)}`;
    if (catches) {
      const error = this.#fresh("e");
      const caught = random.chance(0.2) ? `{ message: ${error} = ${this.#expression(around, 1)} }` : error;
      written += ` catch (${caught}) { out.push(String(${error})); ${this.#block(around.with({ functions: [] }), depth - 1)} }`;
    }
    if (!catches || random.chance(0.6)) written += ` finally ${this.#block(around, depth - 1)}`;
    return written;
  }

  #switch(around: Surroundings, depth: number): string {
    const random = this.#random;
    const inner = around.with({ inLoop: false, bare: true });
    const count = 1 + random.below(3);
    const otherwise = random.chance(0.6) ? random.below(count) : -1;
    let written = `switch (${this.#expression(around, 2)}) { `;
    for (let index = 0; index < count; index++) {
      written +=
        index === otherwise
          ? "default: "
          : `case ${random.chance(0.15) ? this.#expression(around, 1) : random.below(4)}: `;
      written += `${this.#block(inner, depth - 1)}${random.chance(0.6) ? " break; " : " "}`;
    }
    return `${written}}`;
  }
}
