/**
 * What the page uses of a browser, and no more of it: the packages compile without the names of the web, and the page's code is given
 * whatever it uses.
 */
export interface Surface {
  fillStyle: unknown;
  strokeStyle: unknown;
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: string;
  textBaseline: string;
  save(): void;
  restore(): void;
  beginPath(): void;
  closePath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  rect(x: number, y: number, width: number, height: number): void;
  roundRect(x: number, y: number, width: number, height: number, radius: number): void;
  clip(): void;
  fill(): void;
  stroke(): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  clearRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  measureText(text: string): { readonly width: number };
  setLineDash(dash: readonly number[]): void;
  setTransform(a: number, b: number, c: number, d: number, e: number, f: number): void;
}

export interface PageEvent {
  readonly key: string;
  readonly clientX: number;
  readonly clientY: number;
  readonly deltaX: number;
  readonly deltaY: number;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly pointerId: number;
  preventDefault(): void;
}

export interface PageElement {
  textContent: string | null;
  className: string;
  hidden: boolean;
  checked: boolean;
  type: string;
  width: number;
  height: number;
  readonly clientWidth: number;
  readonly style: { height: string; cursor: string };
  append(...children: readonly (PageElement | string)[]): void;
  replaceChildren(...children: readonly (PageElement | string)[]): void;
  addEventListener(type: string, listener: (event: PageEvent) => void, options?: { readonly passive: boolean }): void;
  setAttribute(name: string, value: string): void;
  getContext(kind: "2d"): Surface;
  getBoundingClientRect(): { readonly left: number; readonly top: number; readonly width: number };
  setPointerCapture(pointer: number): void;
}

export interface PageDocument {
  readonly documentElement: PageElement;
  getElementById(id: string): PageElement | null;
  createElement(name: string): PageElement;
}

export interface PageWindow {
  readonly devicePixelRatio: number;
  addEventListener(type: string, listener: () => void): void;
  requestAnimationFrame(run: () => void): number;
  matchMedia(query: string): { addEventListener(type: string, listener: () => void): void };
  getComputedStyle(element: PageElement): { getPropertyValue(name: string): string };
}
