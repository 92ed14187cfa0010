/**
 * A value of the program, as data of a bounded size: what is shown of it, and that there is more. Getters were not called, and nothing of it
 * is a value of the program any more.
 */
export type ShownValue =
  /** `undefined`, `null`, booleans, numbers, bigints, symbols, dates and the like, as text. `pid`: the `Pid.key` of the process that it names. */
  | { readonly type: "plain"; readonly text: string; readonly pid?: string }
  /** `length`: of the whole, when not all of it is here. */
  | { readonly type: "string"; readonly text: string; readonly length?: number }
  | { readonly type: "function"; readonly name: string }
  /** `class`: null for a plain object. `more`: how many entries are not here. */
  | {
      readonly type: "object";
      readonly class: string | null;
      readonly entries: readonly ShownEntry[];
      readonly more: number;
    }
  | {
      readonly type: "array";
      readonly class: string | null;
      readonly items: readonly ShownValue[];
      readonly more: number;
    }
  /** It is shown further up, or too deep: what it is, in a word. */
  | { readonly type: "cut"; readonly what: string }
  /** It may not be shown. */
  | { readonly type: "hidden" };

export type ShownEntry = readonly [key: string, value: ShownValue];
