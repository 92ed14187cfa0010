import { useEffect, useState } from "preact/hooks";
import type { ChaosAction } from "../../protocol/requests.ts";
import { h, type ComponentChild } from "../h.ts";
import { Dialog } from "../look/dialog.ts";
import { Refused, refusalOf, type Refusal } from "../look/refused.ts";
import { When } from "../look/when.ts";
import { route } from "../route.ts";
import { Said } from "../shown/said.ts";
import { ask, currentNode, may } from "../store.ts";
import { wrongWith, type Parameter } from "./parameter.ts";

/** What was done from this page, or refused. */
interface Outcome {
  readonly serial: number;
  readonly atMs: number;
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly done: string | null;
  readonly refusal: Refusal | null;
}

const outcomesMax = 50;
const peersId = "chaos-peers";

/** Harm on purpose: what the testkit can do to a running node. */
export function ChaosPage(): ComponentChild {
  return h(
    "section",
    { class: "room", "aria-labelledby": "chaos-title" },
    h("h1", { id: "chaos-title" }, "Chaos"),
    may("chaos") ? h(Chaos, null) : h(Explanation, null),
  );
}

function Explanation(): ComponentChild {
  return h(
    "div",
    { class: "empty" },
    h(
      "p",
      null,
      "Here a program is harmed on purpose, to see what becomes of it: processes killed, messages lost, nodes cut off.",
    ),
    h(
      "p",
      null,
      "This link may not. A program offers it when it is given the actions of ",
      h("code", null, "@espalier/testkit"),
      " as the option ",
      h("code", null, "chaos"),
      " of its dev tools, and prints a link with the plane “chaos” then. It is for tests and staging, not for production.",
    ),
  );
}

function Chaos(): ComponentChild {
  const [actions, setActions] = useState<readonly ChaosAction[] | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [peers, setPeers] = useState<readonly string[]>([]);
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  const node = currentNode.value?.id;
  useEffect(() => {
    let stopped = false;
    setActions(null);
    setRefusal(null);
    ask("chaos.list", {}).then(
      (list) => {
        if (!stopped) setActions(list);
      },
      (error: unknown) => {
        if (!stopped) setRefusal(refusalOf(error));
      },
    );
    ask("network", {}).then(
      ({ links }) => {
        if (!stopped) setPeers(links.map(({ peer }) => peer));
      },
      // Without it nothing is proposed, and the ids of nodes are typed.
      () => undefined,
    );
    return () => {
      stopped = true;
    };
  }, [node]);
  const note = (outcome: Omit<Outcome, "serial">): void => {
    setOutcomes((last) => [{ ...outcome, serial: (last[0]?.serial ?? 0) + 1 }, ...last].slice(0, outcomesMax));
  };
  if (refusal !== null) return h(Refused, refusal);
  if (actions === null) return h("p", { class: "empty" }, "Asking the program.");
  return [
    h(
      "datalist",
      { id: peersId },
      peers.map((peer) => h("option", { key: peer, value: peer })),
    ),
    actions.length === 0
      ? h("p", { class: "empty" }, "The program offers no actions.")
      : h(
          "div",
          { class: "chaos-actions" },
          actions.map((action) => h(ActionForm, { key: action.name, action, onOutcome: note })),
        ),
    h(
      "section",
      { "aria-labelledby": "chaos-log" },
      h("h2", { id: "chaos-log" }, "Done from this page"),
      outcomes.length === 0
        ? h("p", { class: "faint" }, "Nothing yet. What is done is in the timeline as well.")
        : h(
            "ol",
            { class: "chaos-log", "aria-live": "polite" },
            outcomes.map((outcome) =>
              h(
                "li",
                { key: outcome.serial },
                h(When, { atMs: outcome.atMs, exact: true }),
                h(OutcomeText, { outcome }),
              ),
            ),
          ),
    ),
  ];
}

function OutcomeText({ outcome }: { readonly outcome: Outcome }): ComponentChild {
  const { action, done, refusal } = outcome;
  if (refusal !== null) return h("div", null, h(Said, { text: action }), h(Refused, refusal));
  return h("div", null, h(Said, { text: action }), ": ", h(Said, { text: done ?? "" }));
}

interface ActionFormProps {
  readonly action: ChaosAction;
  readonly onOutcome: (outcome: Omit<Outcome, "serial">) => void;
}

function ActionForm({ action, onOutcome }: ActionFormProps): ComponentChild {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [tried, setTried] = useState(false);
  const [asks, setAsks] = useState(false);
  const [busy, setBusy] = useState(false);
  const given = Object.fromEntries(
    action.parameters.map((parameter) => [parameter.name, values[parameter.name] ?? usual(parameter)]),
  );
  const wrong = action.parameters.map((parameter) => wrongWith(parameter, given[parameter.name] ?? ""));
  const onConfirm = (): void => {
    setBusy(true);
    const said = { action: action.name, parameters: given };
    ask("chaos.do", { action: action.name, parameters: given })
      .then(
        (done) => onOutcome({ ...said, atMs: Date.now(), done, refusal: null }),
        (error: unknown) => onOutcome({ ...said, atMs: Date.now(), done: null, refusal: refusalOf(error) }),
      )
      .finally(() => {
        setBusy(false);
        setAsks(false);
      });
  };
  return h(
    "form",
    {
      class: "chaos-action panel",
      noValidate: true,
      onSubmit: (event: Event) => {
        event.preventDefault();
        setTried(true);
        if (wrong.every((text) => text === null)) setAsks(true);
      },
    },
    h("h2", null, h(Said, { text: action.name })),
    h("p", null, h(Said, { text: action.text })),
    action.parameters.map((parameter, index) =>
      h(ParameterField, {
        key: parameter.name,
        parameter,
        value: given[parameter.name] ?? "",
        wrong: tried ? (wrong[index] ?? null) : null,
        onChange: (value: string) => setValues({ ...values, [parameter.name]: value }),
      }),
    ),
    h("button", { type: "submit", class: "danger" }, "Do it…"),
    asks
      ? h(
          Dialog,
          {
            title: "Harm the running program",
            action: "Do it",
            danger: true,
            blocked: false,
            busy,
            onConfirm,
            onCancel: () => setAsks(false),
          },
          h("p", { class: "ask-whom" }, h(Said, { text: action.name })),
          h("p", { class: "quiet" }, h(Said, { text: action.text })),
          h(
            "dl",
            { class: "facts" },
            Object.entries(given).map(([name, value]) => [
              h("dt", null, h(Said, { text: name })),
              h("dd", null, h(Said, { text: value })),
            ]),
          ),
        )
      : null,
  );
}

interface ParameterFieldProps {
  readonly parameter: Parameter;
  readonly value: string;
  readonly wrong: string | null;
  readonly onChange: (value: string) => void;
}

function ParameterField({ parameter, value, wrong, onChange }: ParameterFieldProps): ComponentChild {
  const { name, text, kind } = parameter;
  const onInput = (event: Event): void => onChange((event.currentTarget as HTMLInputElement).value);
  return h(
    "label",
    { class: "field" },
    h("span", null, h(Said, { text: name }), h("span", { class: "faint" }, " – ", h(Said, { text }))),
    h("input", {
      value,
      onInput,
      inputMode: kind === "number" ? "decimal" : "text",
      placeholder: placeholders[kind],
      autocomplete: "off",
      ...(kind === "node" ? { list: peersId } : {}),
      spellcheck: false,
      "aria-invalid": wrong !== null,
    }),
    wrong === null ? null : h("span", { class: "critical", role: "alert" }, wrong),
  );
}

const placeholders: Readonly<Record<Parameter["kind"], string>> = {
  pid: "the key of a process: open its drawer first",
  node: "the id of another node",
  duration: "500ms, 10s, 2m",
  number: "a number",
};

/** What a parameter most likely is: the process in the drawer. */
function usual({ kind }: Parameter): string {
  return kind === "pid" ? (route.value.process ?? "") : "";
}
