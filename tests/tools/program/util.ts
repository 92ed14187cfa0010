import { fn } from "@espalier/code";

/** The sum of numbers. */
export const sum = fn((xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0));

export const limit = 5 as const;

export const settings: { readonly unit: string; readonly factors: readonly number[] } = {
  unit: "ms",
  factors: [1, 2.5, 1_000],
};

export function twice(x: number): number {
  return x * 2; // a plain function, undefined until somebody declares it
}

export class Point {
  readonly #x: number;
  readonly y: number;
  label: string = "point";

  constructor(x: number, y: number) {
    this.#x = x;
    this.y = y;
  }

  get norm(): number {
    return Math.hypot(this.#x, this.y);
  }

  static diagonal(n: number): Point {
    return new Point(n, n);
  }
}

export default function scale(x: number, factor: number = 3): number {
  return x * factor;
}
