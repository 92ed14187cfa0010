// A cluster small enough to go through every tool together with the program: two stores of code, and a stack of frames that moves from one
// to the other at each of its yields, as bytes.

import { builtin, codeFunctions, codeTravels, createCodeStore, type Store, useResolver } from "@espalier/code";
import { inspectorResolver } from "@espalier/code/node";
import { type Codec, type Frame, type FrameState, RemoteOperation } from "@espalier/runtime";
import { CborCodec } from "@espalier/wire";
import { Failed, type Told } from "./words.ts";
import * as Words from "./words.ts";

export * as Words from "./words.ts";

builtin("Words", Words);
// As in an engine that cannot be asked, when it is to be blind.
if (process.env["ESPALIER_BLIND"] === undefined) useResolver(inspectorResolver());

export interface Observed {
  readonly result: unknown;
  readonly told: readonly unknown[];
  readonly moves: number;
}

interface Place {
  readonly store: Store;
  readonly codec: Codec;
}

function place(): Place {
  const store = createCodeStore();
  return { store, codec: new CborCodec({ travels: codeTravels(store), functions: [codeFunctions] }) };
}

/** Runs a computation that moves at every yield. */
export function run(computation: unknown): Observed {
  let [from, to] = [place(), place()];
  let stack: readonly Frame[] = [(computation as RemoteOperation<unknown>).enter()];
  const told: unknown[] = [];
  let moves = 0;
  let value: unknown;
  let thrown = false;
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    let step: IteratorResult<unknown>;
    try {
      step = thrown ? frame.throw(value) : frame.next(value);
    } catch (error) {
      [stack, value, thrown] = [stack.slice(0, -1), error, true];
      continue;
    }
    thrown = false;
    const operation: unknown = step.value;
    if (step.done === true) {
      [stack, value] = [stack.slice(0, -1), operation];
    } else if (operation instanceof RemoteOperation) {
      [stack, value] = [[...stack, (operation as RemoteOperation<unknown>).enter()], undefined];
    } else {
      stack = move(stack, from, to);
      [from, to] = [to, from];
      moves++;
      if (operation instanceof Failed) [value, thrown] = [new RangeError(operation.message), true];
      else told.push((value = (operation as Told).value));
    }
  }
  return { result: thrown ? String(value) : value, told, moves };
}

function move(stack: readonly Frame[], from: Place, to: Place): readonly Frame[] {
  const states = stack.map((frame) =>
    (frame.capture as NonNullable<Frame["capture"]>)(from.codec.check.bind(from.codec)),
  );
  const { bytes, hashes } = from.codec.encode(states);
  const needed = to.store.missing(from.store.closure([...states.map(({ hash }) => hash), ...hashes]));
  to.store.admit(from.store.pack(needed));
  return (to.codec.decode(bytes) as readonly FrameState[]).map((state) => to.store.restore(state));
}
