/// <reference types="ses" />
import * as channels from "@espalier/channels";
import * as code from "@espalier/code";
import * as heartbeat from "@espalier/heartbeat";
import * as runtime from "@espalier/runtime";
import { createGuest } from "../guest/create-guest.ts";
import type { Guest } from "../guest/guest.ts";
import { BufferMeter } from "../guest/meter.ts";

/** What code in a sandbox may use without declaring it: what every node provides, and nothing of this one. */
const { Channel } = channels;
const { Heartbeat, Operation } = heartbeat;
const { NodeRef, Process, Remote, Server, Task } = runtime;
const provided = { Channel, Heartbeat, NodeRef, Process, Remote, Server, Task };

/** Freezes what an operation inherits: most of their classes are nobody's to name, so that {@link harden} finds them by their instances only. */
function hardened(made: unknown): unknown {
  if (made instanceof Operation) harden(Object.getPrototypeOf(made));
  return made;
}

/** The namespace of a module, whose functions make operations of classes that are frozen before anybody has one. */
function hardening(namespace: object): object {
  const copy: Record<string, unknown> = { ...namespace };
  hardenResultsOf(copy);
  return copy;
}

function hardenResultsOf(holder: object): void {
  for (const name of Object.getOwnPropertyNames(holder)) {
    const property = Object.getOwnPropertyDescriptor(holder, name) as PropertyDescriptor;
    const original: unknown = property.value;
    if (typeof original !== "function" || name === "constructor" || /^class\b/.test(String(original))) continue;
    const { [name]: replacement } = {
      [name](this: unknown, ...parameters: unknown[]): unknown {
        return hardened(Reflect.apply(original, this, parameters));
      },
    };
    Object.defineProperty(holder, name, { ...property, value: replacement });
  }
}

/**
 * Freezes this realm for good, and makes the inside of a sandbox in it. Once in a worker or process, before anything of anybody else is
 * in it.
 *
 * The parameters of evaluated functions carry all names that the code uses: a name that it had to look up in the scope of its compartment
 * would make it a hundred times slower.
 */
export async function hardenedGuest(bufferBytes: number): Promise<Guest> {
  const meter = new BufferMeter(bufferBytes);
  meter.install();
  // Not before: it takes hold of the methods of buffers while it loads.
  await import("ses");
  lockdown({
    // Code may assign to what it inherits, as everywhere else.
    overrideTaming: "severe",
    errorTaming: "safe",
    // What is not caught ends the worker or the process, with its own words.
    consoleTaming: "unsafe",
    errorTrapping: "none",
    unhandledRejectionTrapping: "none",
  });
  const compartment = new Compartment();
  hardenResultsOf(runtime.Self.prototype);
  for (const [name, value] of Object.entries(provided)) {
    // The namespace of a module cannot be frozen; a copy of it can.
    code.builtin(name, harden(typeof value === "function" ? value : hardening(value)));
  }
  // The classes of what code gets hold of: nothing that one computation changes is seen by another.
  for (const exports of [channels, code, heartbeat, runtime]) {
    for (const value of Object.values(exports)) if (typeof value === "function") harden(value);
  }
  const realm: code.Realm = {
    place: "in a sandbox",
    evaluate: (source) => compartment.evaluate(source) as unknown,
    global(name) {
      const value = Reflect.get(compartment.globalThis, name) as unknown;
      if (value !== undefined) return value;
      throw new code.CodeRefusedError(`\`${name}\` is not there in a sandbox: it would reach outside of it`);
    },
  };
  return createGuest(realm, (run) => meter.during(run));
}
