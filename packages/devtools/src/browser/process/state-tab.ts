import type { ShownValue } from "../../protocol/value.ts";
import { h, type ComponentChild } from "../h.ts";
import { useState } from "preact/hooks";
import { ask, may } from "../store.ts";
import { Shown } from "../shown/shown.ts";
import { Refused, refusalOf, type Refusal } from "../look/refused.ts";
import { When } from "../look/when.ts";

type Answer =
  | { readonly type: "none" }
  | { readonly type: "asked" }
  | { readonly type: "state"; readonly value: ShownValue; readonly atMs: number }
  | { readonly type: "refused"; readonly refusal: Refusal };

/** What a process holds: the one thing here for which the process itself is asked, and so only when somebody wants it. */
export function StateTab({ pid }: { readonly pid: string }): ComponentChild {
  const [answer, setAnswer] = useState<Answer>({ type: "none" });
  if (!may("values")) {
    return h(
      "p",
      { class: "empty" },
      "What a process holds is shown to links with the plane “values”. This one shows names, numbers and kinds of messages.",
    );
  }
  const question = (): void => {
    setAnswer({ type: "asked" });
    ask("state", { pid }).then(
      (value) => setAnswer({ type: "state", value, atMs: Date.now() }),
      (error: unknown) => setAnswer({ type: "refused", refusal: refusalOf(error) }),
    );
  };
  return h(
    "div",
    null,
    h(
      "p",
      { class: "quiet" },
      "Asking sends the process a system message, which it answers between two messages of its own. One that is busy answers late, or not in time.",
    ),
    h(
      "p",
      { class: "tools" },
      h(
        "button",
        { type: "button", onClick: question, disabled: answer.type === "asked" },
        answer.type === "none" ? "Ask it" : "Ask it again",
      ),
      h("span", { role: "status", class: "faint" }, answer.type === "asked" ? "waiting for its answer" : null),
      answer.type === "state" ? h("span", { class: "faint" }, "as of ", h(When, { atMs: answer.atMs })) : null,
    ),
    answer.type === "state" ? h(Shown, { key: answer.atMs, value: answer.value, label: "state" }) : null,
    answer.type === "refused" ? h(Refused, answer.refusal) : null,
  );
}
