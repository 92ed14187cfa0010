import { h as make, type Attributes, type ComponentChildren, type JSX, type VNode } from "preact";

export type { ComponentChild, ComponentChildren, VNode } from "preact";

type Tag = keyof JSX.IntrinsicElements;
/** No element takes HTML as text: what is shown comes from programs that nobody vouches for. */
type Properties<T extends Tag> = Omit<JSX.IntrinsicElements[T], "dangerouslySetInnerHTML" | "children">;

/** What `h` of Preact does, with types under which every component gives a plain `VNode`. */
export function h<T extends Tag>(tag: T, properties: Properties<T> | null, ...children: ComponentChildren[]): VNode;
export function h<P extends object>(
  component: (properties: P) => ComponentChildren,
  properties: (P & Attributes) | null,
  ...children: ComponentChildren[]
): VNode;
export function h(type: unknown, properties: object | null, ...children: ComponentChildren[]): VNode {
  return make(type as string, properties, ...children) as VNode;
}
