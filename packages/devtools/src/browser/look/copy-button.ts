import { useEffect, useState } from "preact/hooks";
import { h, type VNode } from "../h.ts";

/** Puts a text on the clipboard. `text` is made when it is pressed. */
export function CopyButton(properties: {
  readonly label: string;
  readonly text: () => string | Promise<string>;
}): VNode {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return undefined;
    const timer = setTimeout(() => setSaid(null), 2_000);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(await properties.text());
      setSaid("Copied");
    } catch (error) {
      setSaid(error instanceof Error ? `Not copied: ${error.message}` : "Not copied");
    }
  };
  return h("button", { type: "button", onClick: () => void copy(), "aria-live": "polite" }, said ?? properties.label);
}
