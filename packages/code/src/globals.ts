/**
 * The names of the language and the standard library that every definition may use undeclared. None of them reaches outside the
 * program, except that `Date`, `Math.random` and `console` are what they are everywhere.
 */
const names: ReadonlySet<string> = new Set(
  `Object Array String Number Boolean BigInt Symbol Math JSON Date RegExp Map Set WeakMap WeakSet Promise Proxy Reflect Intl Iterator
  Error TypeError RangeError SyntaxError ReferenceError EvalError URIError AggregateError
  ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array
  BigInt64Array BigUint64Array parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent encodeURI decodeURI
  structuredClone TextEncoder TextDecoder URL URLSearchParams AbortController AbortSignal atob btoa console`.split(
    /\s+/,
  ),
);

/** Names that mean the same in any scope: they are written as they are. */
const constants: ReadonlySet<string> = new Set(["undefined", "NaN", "Infinity"]);

export function isGlobal(name: string): boolean {
  return names.has(name) || constants.has(name);
}

export function isConstantName(name: string): boolean {
  return constants.has(name);
}

/** The value of a global of this realm; undefined where the platform has none. */
export function globalValue(name: string): unknown {
  return Reflect.get(globalThis, name);
}
