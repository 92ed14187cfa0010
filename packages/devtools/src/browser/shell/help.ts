import { useEffect, useRef } from "preact/hooks";
import { h, type VNode } from "../h.ts";
import { bindings } from "../keys.ts";

/** What the keys do here. */
export function Help({ onClose }: { readonly onClose: () => void }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const listed = bindings.value.flat().filter(({ text }) => text !== "");
  return h(
    "dialog",
    { ref: dialog, class: "help", "aria-labelledby": "help-title", onClose },
    h("h1", { id: "help-title" }, "Keys"),
    h(
      "dl",
      null,
      listed.map(({ keys, text }) =>
        h(
          "div",
          { key: text },
          h(
            "dt",
            null,
            keys.map((key, index) => [index === 0 ? null : " or ", ...keyCaps(key)]),
          ),
          h("dd", null, text),
        ),
      ),
    ),
    h("button", { type: "button", onClick: () => dialog.current?.close() }, "Close"),
  );
}

const caps: Readonly<Record<string, string>> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  " ": "Space",
  Escape: "Esc",
};

function keyCaps(keys: string): (VNode | string)[] {
  if (keys === " ") return [h("kbd", null, "Space")];
  return keys.split(" ").flatMap((key, index) => [index === 0 ? "" : " ", h("kbd", null, caps[key] ?? key)]);
}
