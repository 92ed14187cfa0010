import { h, type ComponentChild } from "../h.ts";
import { count } from "../numbers.ts";
import { useRef } from "preact/hooks";

export interface Tab {
  readonly id: string;
  readonly label: string;
  /** How many things are in it; null: that is not said. */
  readonly count: number | null;
  readonly content: () => ComponentChild;
}

interface TabsProps {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly current: string;
  readonly onChoose: (id: string) => void;
}

/** Tabs, with the arrow keys as well. Only the current one is drawn. */
export function Tabs({ label, tabs, current, onChoose }: TabsProps): ComponentChild {
  const list = useRef<HTMLDivElement>(null);
  const index = Math.max(
    0,
    tabs.findIndex(({ id }) => id === current),
  );
  const chosen = tabs[index];
  const onKeyDown = (event: KeyboardEvent): void => {
    const last = tabs.length - 1;
    const steps: Record<string, number> = {
      ArrowRight: index === last ? 0 : index + 1,
      ArrowLeft: index === 0 ? last : index - 1,
      Home: 0,
      End: last,
    };
    const next = steps[event.key];
    const tab = next === undefined ? undefined : tabs[next];
    if (next === undefined || tab === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onChoose(tab.id);
    list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[next]?.focus();
  };
  return h(
    "div",
    { class: "tabs" },
    h(
      "div",
      { class: "tab-list", role: "tablist", "aria-label": label, ref: list, onKeyDown },
      tabs.map((tab) =>
        h(
          "button",
          {
            key: tab.id,
            type: "button",
            role: "tab",
            id: `tab-${tab.id}`,
            "aria-selected": tab === chosen,
            "aria-controls": `panel-${tab.id}`,
            tabIndex: tab === chosen ? 0 : -1,
            onClick: () => onChoose(tab.id),
          },
          tab.label,
          tab.count === null || tab.count === 0 ? null : h("span", { class: "tab-count" }, count(tab.count)),
        ),
      ),
    ),
    chosen === undefined
      ? null
      : h(
          "div",
          {
            key: chosen.id,
            class: "tab-panel",
            role: "tabpanel",
            id: `panel-${chosen.id}`,
            "aria-labelledby": `tab-${chosen.id}`,
            tabIndex: 0,
          },
          chosen.content(),
        ),
  );
}
