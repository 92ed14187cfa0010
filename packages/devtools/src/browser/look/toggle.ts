import { h, type VNode } from "../h.ts";
import { goQuery, route } from "../route.ts";

/** A button that is pressed or not, kept in the address under its name. */
export function Toggle({ name, text }: { readonly name: string; readonly text: string }): VNode {
  const pressed = route.value.query[name] !== undefined;
  return h(
    "button",
    { type: "button", "aria-pressed": pressed, onClick: () => goQuery({ [name]: pressed ? null : "1" }) },
    text,
  );
}
