import { h, type ComponentChild } from "../h.ts";
import { useEffect, useState } from "preact/hooks";

const saidForMs = 2_000;

/** Copies a text, and says whether that worked. */
export function CopyButton({ text, label }: { readonly text: () => string; readonly label: string }): ComponentChild {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return undefined;
    const timer = setTimeout(() => setSaid(null), saidForMs);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = (): void => {
    navigator.clipboard.writeText(text()).then(
      () => setSaid("copied"),
      () => setSaid("the browser refuses to copy: select the text"),
    );
  };
  return h(
    "span",
    { class: "copy" },
    h("button", { type: "button", class: "plain", onClick: copy }, label),
    h("span", { role: "status", class: "faint" }, said),
  );
}
