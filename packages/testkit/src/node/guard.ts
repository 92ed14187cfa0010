import { syncBuiltinESMExports } from "node:module";
import { DeterminismError } from "../world/occupant.ts";
import { globalAmbients, harmless, moduleAmbients, type Ambient, type Harmless } from "./ambient.ts";
import { holdStacks, releaseStacks } from "./stacks.ts";
import { offStage, stage } from "./stage.ts";

/** What was put in the place of something ambient. */
interface Replaced {
  readonly ambient: Ambient;
  readonly original: PropertyDescriptor;
  readonly guarded: PropertyDescriptor;
}

/** How many worlds are running. */
let holders = 0;
let replaced: readonly Replaced[] = [];

/** For the whole thread, however often this module is loaded. */
const modulesGuarded = Symbol.for("@espalier/testkit guarded modules");

/**
 * Until it is released, code of a simulated node that reaches for ambient time, randomness or I/O gets a {@link DeterminismError}, and so does
 * the run. Everybody else is let through: the kit, a test runner between two events, and Node's own modules.
 *
 * Not guarded: `queueMicrotask` and `process.nextTick`, whose order is always the same and which are done before the next event; Node's own
 * streams need the latter. What a module took for itself before the first world ran, as `const { now } = Date`, is out of reach.
 */
export function holdGuard(): void {
  holders += 1;
  if (holders > 1) return;
  guardModules();
  replaced = globalAmbients().flatMap(replace);
  holdStacks();
}

export function releaseGuard(): void {
  holders -= 1;
  if (holders > 0) return;
  releaseStacks();
  for (const { ambient, original, guarded } of replaced.toReversed()) {
    const now = Object.getOwnPropertyDescriptor(ambient.holder, ambient.key);
    // Somebody may have put something else there meanwhile, and will put back what is not ours to touch.
    if (now?.value === guarded.value && now?.get === guarded.get) {
      Object.defineProperty(ambient.holder, ambient.key, original);
    }
  }
  replaced = [];
}

/** Once and for all: importers see what is there when their bindings are synchronized, which costs too much to be done for each run. */
function guardModules(): void {
  const realm = globalThis as { [modulesGuarded]?: true };
  if (realm[modulesGuarded] === true) return;
  realm[modulesGuarded] = true;
  for (const ambient of moduleAmbients()) replace(ambient);
  syncBuiltinESMExports();
}

function replace(ambient: Ambient): readonly Replaced[] {
  const { holder, key } = ambient;
  const own = Object.getOwnPropertyDescriptor(holder, key);
  const original = own ?? { value: (holder as Record<string, unknown>)[key], writable: true, configurable: true };
  if (original.configurable !== true) return [];
  const guarded =
    original.get === undefined
      ? { ...original, value: guard(ambient, original.value as Callable) }
      : { ...original, get: guardLazy(ambient, original.get.bind(holder)) };
  Object.defineProperty(holder, key, guarded);
  return [{ ambient, original, guarded }];
}

type Callable = (...args: unknown[]) => unknown;

/** What was put in the place of what, by its name: each run puts it there again. */
const guards = new Map<string, { readonly original: Callable; readonly guarded: Callable }>();

function guard(ambient: Ambient, original: Callable): Callable {
  let made = guards.get(ambient.name);
  if (made?.original !== original) {
    made = { original, guarded: makeGuard(ambient, original) };
    guards.set(ambient.name, made);
  }
  return made.guarded;
}

function makeGuard(ambient: Ambient, original: Callable): Callable {
  const apply = (target: Callable, self: unknown, args: unknown[]): unknown => {
    // `Date()` gives the time whatever it is given.
    if (stage.occupant?.isGuarded === true) refuse(ambient, apply);
    return Reflect.apply(target, self, args);
  };
  const construct = (target: Callable, args: unknown[], newTarget: Callable): object => {
    if (stage.occupant?.isGuarded === true && !(ambient.onlyWithoutArguments === true && args.length > 0)) {
      refuse(ambient, construct);
    }
    return Reflect.construct(target, args, newTarget) as object;
  };
  return new Proxy(original, { apply, construct });
}

/** Node makes some of what is global when it is first asked for. */
function guardLazy(ambient: Ambient, original: () => unknown): () => unknown {
  let made: { readonly of: unknown; readonly guarded: unknown } | null = null;
  return (): unknown => {
    const value = original();
    if (typeof value !== "function") return value;
    if (made?.of !== value) made = { of: value, guarded: guard(ambient, value as Callable) };
    return made.guarded;
  };
}

/** Throws, unless whoever called may. */
function refuse({ name, instead }: Ambient, handler: Handler): void {
  const { occupant } = stage;
  if (occupant === null) return;
  const known = harmless.filter(({ name: called }) => name.startsWith(called));
  const files = callersOf(handler, Math.max(...known.map(({ depth }) => depth)));
  const may = ({ caller, depth }: Harmless): boolean => files.slice(0, depth).some((file) => caller.test(file));
  if (known.some(may)) return;
  const where = frameOf(handler) ?? "by a callback that was handed to the engine";
  const error = new DeterminismError(
    occupant.name,
    `${name} was called in the simulated node ${occupant.name}, ${where}: it differs between runs; ${instead}`,
  );
  occupant.fail(error);
  throw error;
}

type Handler = (...args: never[]) => unknown;

/** How much of a stack is looked through for a frame that has a file. */
const framesMax = 4;

/**
 * The files of so many frames of the stack above the handler, the caller's first. Not by way of the stack as text, which costs nearly twice as
 * much, and a library that may call does so all the time.
 */
function callersOf(handler: Handler, depth: number): readonly string[] {
  const own = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  let files: readonly (string | null)[] = [];
  Error.prepareStackTrace = (_error, sites) => {
    files = sites.map((site) => site.getFileName());
    return "";
  };
  try {
    stackAbove(handler, depth);
  } finally {
    // As a property, because who has set it may have set what depends on how it is called.
    if (own === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
    else Object.defineProperty(Error, "prepareStackTrace", own);
  }
  return files.filter((file) => file !== null);
}

/** The frame of the caller as text; null when it was no code that has a file. */
function frameOf(handler: Handler): string | null {
  // It is not the node that reads this stack.
  const frames = offStage(() => stackAbove(handler, framesMax))
    .split("\n")
    .map((line) => line.trim());
  return frames.find((line) => line.startsWith("at ") && /:\d+:\d+\)?$/.test(line)) ?? null;
}

function stackAbove(handler: Handler, depth: number): string {
  const { stackTraceLimit } = Error;
  const trace: { stack?: string } = {};
  Error.stackTraceLimit = depth;
  try {
    Error.captureStackTrace(trace, handler);
    // It is made when it is read.
    return trace.stack ?? "";
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
