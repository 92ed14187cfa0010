import { signal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

/** Keys that do something. Those with a text are in the help. */
export interface KeyBinding {
  /** As `KeyboardEvent.key`; two with a space between: one after the other. */
  readonly keys: readonly string[];
  readonly text: string;
  readonly do: () => void;
}

/** What the keys do now; what was added last goes before. */
export const bindings: Signal<readonly (readonly KeyBinding[])[]> = signal([]);

const secondKeyWithinMs = 1_500;
let firstKey: { readonly key: string; readonly atMs: number } | null = null;

/** These keys, while the component is there. */
export function useKeys(list: readonly KeyBinding[]): void {
  const now = useRef(list);
  now.current = list;
  useEffect(() => {
    // What is registered stays the same while the component does; what a key does is looked up when it is pressed.
    const group = list.map(({ keys, text }, index): KeyBinding => ({ keys, text, do: () => now.current[index]?.do() }));
    bindings.value = [...bindings.peek(), group];
    return () => {
      bindings.value = bindings.peek().filter((other) => other !== group);
    };
  }, []);
}

/** Hears the keys of the whole page, other than those typed into a field. */
export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    // A dialog has its own keys, Escape above all.
    if (document.querySelector("dialog[open]") !== null) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key !== "Escape" && target.closest("input, select, textarea, [contenteditable]") !== null) return;
    // These press what has the focus.
    if ((event.key === " " || event.key === "Enter") && target.closest("button, a, summary") !== null) return;
    const before = firstKey !== null && event.timeStamp - firstKey.atMs < secondKeyWithinMs ? firstKey.key : null;
    firstKey = null;
    const found = before === null ? bindingOf(event.key) : bindingOf(`${before} ${event.key}`);
    if (found !== undefined) {
      event.preventDefault();
      found.do();
    } else if (before === null && beginsPair(event.key)) {
      firstKey = { key: event.key, atMs: event.timeStamp };
    }
  });
}

function bindingOf(keys: string): KeyBinding | undefined {
  for (const group of bindings.peek().toReversed()) {
    const found = group.find((binding) => binding.keys.includes(keys));
    if (found !== undefined) return found;
  }
  return undefined;
}

function beginsPair(key: string): boolean {
  return bindings.peek().some((group) => group.some(({ keys }) => keys.some((pair) => pair.startsWith(`${key} `))));
}
