import { describe } from "./describe.ts";

/** How a kind of value crosses machines, in the form that the runtime's codec takes. */
export interface FieldTravels {
  readonly name: string;
  readonly type: abstract new (...fields: any[]) => object;
  encode(value: any): readonly unknown[];
  /** @throws TypeError or RangeError naming what is wrong with `data`, which comes from a peer. */
  decode(data: unknown): object;
}

/**
 * A kind of value that crosses machines as the list of its fields.
 *
 * @param build takes the fields in their order, and checks them.
 */
export function travelsByFields<T extends object>(
  name: string,
  type: abstract new (...fields: any[]) => T,
  fields: readonly (keyof T)[],
  build: (...fields: any[]) => T,
): FieldTravels {
  return {
    name,
    type,
    encode: (value: T) => fields.map((field) => value[field]),
    decode: (data) => {
      if (Array.isArray(data) && data.length === fields.length) return build(...data);
      throw new TypeError(`${name}: expected a list of ${fields.length}, got ${describe(data)}`);
    },
  };
}
