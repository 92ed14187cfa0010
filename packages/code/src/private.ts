import type { Local, Operation } from "@espalier/heartbeat";
import { NodeRef, type StandardSchema, type Travels } from "@espalier/runtime";
import { DefinitionError } from "./errors.ts";
import { callPrivate, checkArguments, PrivateRun } from "./private-call.ts";
import {
  isPrivateName,
  PrivateDependency,
  type PrivateBody,
  PrivateFunction,
  type PrivateHome,
  PrivateReference,
  PrivateTarget,
  readPrivateReference,
  standFor,
} from "./private-function.ts";

/** What a private function checks at its owner, by Standard Schema: what they give is what the body gets, and the caller. */
export interface PrivateOptions<Args extends readonly unknown[], R> {
  /** Of the list of arguments. */
  readonly accepts?: StandardSchema<Args>;
  /** Of the result. */
  readonly returns?: StandardSchema<R>;
}

/** See `remote.private`. */
export function privateFunction<Args extends readonly unknown[], R>(
  name: string,
  body: (...args: Args) => Generator<Local, R, any> | PromiseLike<R>,
  { accepts, returns }: PrivateOptions<NoInfer<Args>, NoInfer<R>> = {},
): (...args: Args) => Operation<R> {
  if (typeof body !== "function") {
    throw new DefinitionError(
      `remote.private: expected a function* or an async function as the body of ${name}, got ${typeof body}`,
    );
  }
  const made = new PrivateFunction(name, body as PrivateBody, accepts ?? null, returns ?? null);
  return functionOf(made) as (...args: Args) => Operation<R>;
}

/** So that a function that comes back is the function that left. */
const own = new WeakMap<PrivateTarget, Function>();

/** What a private function is called by. */
export function functionOf(target: PrivateTarget): Function {
  const known = own.get(target);
  if (known !== undefined) return known;
  const made = (...args: readonly unknown[]): Operation<unknown> => callPrivate(target, args);
  Object.defineProperty(made, "name", { value: target.name });
  standFor(made, target);
  own.set(target, made);
  return made;
}

/** The private function that a dependency of a received definition names; null when it names none. */
export function namedPrivate(reference: string): PrivateDependency | null {
  const target = readPrivateReference(reference)?.known();
  return target === undefined ? null : new PrivateDependency(target, functionOf(target));
}

/** How private functions and their calls cross machines, from the node `home`; from a program with one node when it is not said. */
export function privateTravels(home: PrivateHome | null): readonly Travels[] {
  const refer = (target: PrivateTarget): readonly unknown[] => {
    const { owner, name, seal } = target.refer(home);
    return [owner, name, seal];
  };
  const target: Travels<PrivateTarget> = {
    name: "code.private",
    type: PrivateTarget,
    encode: refer,
    decode: (data) => functionOf(readTarget(data, "code.private")) as object as PrivateTarget,
  };
  const run: Travels<PrivateRun> = {
    name: "code.private-run",
    type: PrivateRun,
    encode: ({ target: of, args }) => [...refer(of), args],
    decode: (data) => {
      const args = checkArguments((data as readonly unknown[] | null)?.[3]);
      return new PrivateRun(readTarget(data, "code.private-run"), args);
    },
  };
  return [target, run];
}

/** A reference to a function of this program is that function, if it was handed out. */
function readTarget(data: unknown, what: string): PrivateTarget {
  const [owner, name, seal] = Array.isArray(data) ? (data as unknown[]) : [];
  if (!(owner instanceof NodeRef)) throw new TypeError(`${what}: expected the node that has it`);
  if (typeof name !== "string" || !isPrivateName(name)) throw new TypeError(`${what}: expected a name`);
  if (typeof seal !== "string" || !/^[\w-]{1,64}$/.test(seal)) throw new TypeError(`${what}: expected its proof`);
  return new PrivateReference(owner, name, seal).known();
}
