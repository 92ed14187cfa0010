import { describe } from "./describe.ts";
import type { FieldTravels } from "./field-travels.ts";

/**
 * How errors of a class cross machines: as the message, the `cause` that any error can be given, and `fields`, so that whoever catches one can ask
 * for its class, its `code` and what else it tells. Its stack stays behind.
 *
 * What `fields` gives must not be shared with anything else that travels, other than users' own data: it is looked into at once when it arrives.
 *
 * @param read takes what `fields` gave, in that order, checks it, and gives all fields of the error but its name and message.
 */
export function travelsAsError<E extends Error>(
  name: string,
  type: abstract new (...args: any[]) => E,
  fields: (error: E) => readonly unknown[],
  read: (...fields: readonly unknown[]) => object,
): FieldTravels {
  return {
    name,
    type,
    encode: (error: E) => [error.message, givenCause(error), ...fields(error)],
    decode: (data) => {
      const [message, cause, ...rest] = Array.isArray(data) ? (data as readonly unknown[]) : [];
      const text = fieldText(message, `${name}.message`);
      const own = read(...rest);
      // What the constructor is given makes the message, and is not known here.
      const error = Reflect.construct(Error, [text], type) as Error;
      const stack = `${type.name}: ${text}\n    at another node`;
      Object.defineProperty(error, "stack", { value: stack, writable: true, enumerable: false, configurable: true });
      if (Array.isArray(cause)) {
        Object.defineProperty(error, "cause", {
          value: cause[0] as unknown,
          writable: true,
          enumerable: false,
          configurable: true,
        });
      }
      return Object.assign(error, own, { name: type.name });
    },
  };
}

/** In a list, since any value can be one; null when there is none, or when it is a field of the class. */
function givenCause(error: Error): readonly unknown[] | null {
  const given = Object.getOwnPropertyDescriptor(error, "cause");
  return given === undefined || given.enumerable === true ? null : [given.value];
}

/** @throws TypeError when the field `name` of what a peer sent is no text. */
export function fieldText(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${name}: expected a text, got ${describe(value)}`);
}
