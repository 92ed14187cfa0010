import { CastMessage, Request } from "../servers/call.ts";

/** Characters of a kind. */
const kindMax = 80;

/**
 * What kind of message it is, for people, without what is in it: `call add`, `cast reset`, `system getState`, the `type` of an object when that is
 * a string, the name of a class, else what `typeof` says. Never throws, never longer than a short line, and runs no code of the message but,
 * if it is a Proxy, its traps.
 */
export function messageKind(message: unknown): string {
  if (typeof message !== "object") return typeof message;
  if (message === null) return "null";
  try {
    return kindOf(message);
  } catch {
    // A Proxy's trap threw: there is no more to say about it.
    return "object";
  }
}

function kindOf(message: object): string {
  if (message instanceof Request) return namedKind(message.system ? "system" : "call", message.name);
  if (message instanceof CastMessage) return namedKind("cast", message.name);
  if (Array.isArray(message)) return "array";
  const type = ownValue(message, "type");
  if (typeof type === "string" && type !== "") return shortened(type);
  const className = classNameOf(message);
  return className === null ? "object" : shortened(className);
}

/** The kind of a message that is handled by its name. */
export function namedKind(form: "call" | "cast" | "system", name: string): string {
  return shortened(`${form} ${name}`);
}

/** The name of an object's class, as its prototype has it; null for a plain object. */
export function classNameOf(value: object): string | null {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype || typeof prototype !== "object") return null;
  const maker = ownValue(prototype, "constructor");
  if (typeof maker !== "function" || maker === Object) return null;
  const name = ownValue(maker, "name");
  return typeof name === "string" && name !== "" ? name : null;
}

/** A property that is data; undefined where there is a getter. */
function ownValue(of: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(of, key)?.value;
}

/** Controls, and what turns the direction of writing: they would act on a terminal, or make a line say something else. */
const unshown = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function shortened(text: string): string {
  const short = text.length <= kindMax ? text : `${text.slice(0, kindMax - 1)}…`;
  return short.replace(unshown, "\uFFFD");
}
