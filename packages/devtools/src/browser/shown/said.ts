import { h, type ComponentChild } from "../h.ts";
import { pieces } from "./visible-text.ts";

/**
 * Text of the program: names, errors, messages. It is a text node, set apart from the direction of what stands around it, and characters that
 * nobody would see are shown as signs. `lines`: line breaks and tabs stay.
 */
export function Said({ text, lines = false }: { readonly text: string; readonly lines?: boolean }): ComponentChild {
  return h(
    "bdi",
    { class: lines ? "said lines" : "said" },
    pieces(text, lines).map((piece) =>
      piece.sign ? h("span", { class: "sign", title: "A character that cannot be seen" }, piece.text) : piece.text,
    ),
  );
}
