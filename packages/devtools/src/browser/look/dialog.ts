import { h, type ComponentChildren, type ComponentChild } from "../h.ts";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

interface DialogProps {
  readonly title: string;
  /** What the button says that does it. */
  readonly action: string;
  readonly danger: boolean;
  /** Nothing can be done as it stands. */
  readonly blocked: boolean;
  readonly busy: boolean;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
  readonly children?: ComponentChildren;
}

/** Asks before something is done. The focus stays in it, and begins where nothing can be done by mistake; Escape cancels. */
export function Dialog(props: DialogProps): ComponentChild {
  const frame = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useLayoutEffect(() => {
    const dialog = frame.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return h(
    "dialog",
    {
      ref: frame,
      class: "ask",
      "aria-labelledby": titleId,
      onCancel: (event: Event) => {
        event.preventDefault();
        props.onCancel();
      },
      // The page's own keys are not for what is typed here.
      onKeyDown: (event: KeyboardEvent) => event.stopPropagation(),
    },
    h(
      "form",
      {
        onSubmit: (event: Event) => {
          event.preventDefault();
          if (!props.blocked && !props.busy) props.onConfirm();
        },
      },
      h("h2", { id: titleId }, props.title),
      h("div", { class: "ask-body" }, props.children),
      h(
        "div",
        { class: "ask-buttons" },
        h("button", { type: "button", autofocus: true, onClick: props.onCancel }, "Cancel"),
        h(
          "button",
          { type: "submit", class: props.danger ? "danger" : "", disabled: props.blocked || props.busy },
          props.busy ? "…" : props.action,
        ),
      ),
    ),
  );
}
