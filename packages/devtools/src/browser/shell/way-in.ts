import { h, type VNode } from "../h.ts";
import { CopyButton } from "../look/copy-button.ts";
import { connection } from "../store.ts";

const command = "npx espalier observe";

/** What to do when there is no token, or none that the program takes. */
export function WayIn(): VNode {
  const state = connection.value;
  const refused = state.state === "refused";
  return h(
    "main",
    { class: "way-in" },
    h(
      "h1",
      null,
      refused ? "The program did not let this page in" : "This page needs the link that the program printed",
    ),
    refused
      ? h("p", { role: "alert" }, state.why, state.hint === null ? null : ` ${state.hint}`)
      : h(
          "p",
          null,
          "The link ends in ",
          h("code", null, "#t=…"),
          ": a token that says what its holder may see and do. A program makes new ones each time that it starts, so a link of an earlier run does not open it.",
        ),
    h(
      "p",
      null,
      "Open the link that the program wrote when its dev tools started, or, on the same machine and as the same user:",
    ),
    h("p", { class: "command" }, h("code", null, command), h(CopyButton, { label: "Copy", text: () => command })),
  );
}
