import { type NodeRef, Remote } from "@espalier/runtime";
import { functionValues } from "./definition.ts";
import { LocalDefinition } from "./local-definition.ts";
import { RemoteCall } from "./remote-call.ts";

/** A form that a value takes on the way: both functions are definitions. */
export interface ViaCodec<A, B> {
  readonly encode: (value: A) => B;
  readonly decode: (data: B) => A;
}

type Transfer = typeof Remote.transfer;

/** Only what comes after the move needs to travel: of the codec the second half, and nothing of the value. */
function makeSteps(transfer: Transfer) {
  return function* via(node: NodeRef, { encode, decode }: ViaCodec<any, any>, value: unknown): Generator<any, unknown> {
    const data = encode(value);
    yield* transfer(node);
    return decode(data);
  };
}

let definition: LocalDefinition | null = null;

/**
 * Moves the rest of this computation to `node`, and takes `value` along in another form: as `codec.encode(value)`, which is made here, and of
 * which `codec.decode` makes a value there. The value itself need not be able to travel.
 *
 * - Errors: what `encode` throws, and those of `Remote.transfer`, here; what `decode` throws, there. TypeError when `codec.decode` is no
 *   definition: it could not travel.
 *
 * ```ts
 * import { fn, remote, Remote, type NodeRef } from "espalier";
 *
 * const digits = {
 *   encode: fn((numbers: readonly number[]) => numbers.join()),
 *   decode: fn((text: string) => text.split(",").map(Number)),
 * };
 *
 * export const visit = remote({ digits }, function* (node: NodeRef) {
 *   const numbers = yield* Remote.via(node, { encode: digits.encode, decode: digits.decode }, [1, 2, 3]);
 *   return numbers.length;
 * });
 * ```
 */
export function via<A, B>(node: NodeRef, codec: ViaCodec<A, B>, value: A): Remote<A> {
  const { encode, decode } = codec;
  if (typeof encode !== "function")
    throw new TypeError(`Remote.via: expected a function as encode, got ${typeof encode}`);
  if (functionValues.referenceTo(decode) === undefined)
    throw new TypeError("Remote.via: expected a decode that travels; define it with fn");
  const { transfer } = Remote;
  definition ??= new LocalDefinition("remote", makeSteps(transfer), { transfer }, "via", new Error());
  return new RemoteCall<A>(definition, 0, [], [node, { encode, decode }, value]);
}
