import type { ProcessRow } from "../../protocol/sheets.ts";
import { h, type ComponentChild } from "../h.ts";
import { useState } from "preact/hooks";
import { callOf } from "../process-name.ts";
import { ask, may } from "../store.ts";
import { Said } from "../shown/said.ts";
import { Dialog } from "../look/dialog.ts";
import { parseMessage } from "./json-message.ts";
import { Refused, refusalOf, type Refusal } from "../look/refused.ts";

type ActionName = "suspend" | "resume" | "restart" | "exit" | "kill" | "send";

interface Action {
  readonly label: string;
  readonly title: string;
  /** What will come of it. */
  readonly text: string;
  readonly done: string;
  readonly danger: boolean;
}

const actions: Readonly<Record<ActionName, Action>> = {
  suspend: {
    label: "Suspend",
    title: "Suspend a process",
    text: "It finishes what it is doing, then handles nothing until it is resumed. Messages wait, and so do those who call it.",
    done: "It is suspended.",
    danger: false,
  },
  resume: {
    label: "Resume",
    title: "Let a process go on",
    text: "It handles messages again, those that wait first.",
    done: "It goes on.",
    danger: false,
  },
  restart: {
    label: "Restart",
    title: "Restart a process",
    text: "It ends, with what it holds, and its supervisor starts it again. What is linked to it ends too.",
    done: "It was ended, for its supervisor to start it again.",
    danger: true,
  },
  exit: {
    label: "Exit",
    title: "Ask a process to end",
    text: "It gets an exit signal with this reason. One that traps exits may go on; of any other the linked ones end too.",
    done: "The signal was sent.",
    danger: true,
  },
  kill: {
    label: "Kill",
    title: "Kill a process",
    text: "It ends at once and cannot prevent it: not even its finally blocks run.",
    done: "It was killed.",
    danger: true,
  },
  send: {
    label: "Send",
    title: "Send a message",
    text: "A message goes to its mailbox as if any process had sent it. What it does with one that it does not expect is up to its code.",
    done: "The message was sent.",
    danger: false,
  },
};

/** What somebody with the plane `manage` can do to a process: each is asked about first, and what came of it is said. */
export function Actions({ row }: { readonly row: ProcessRow }): ComponentChild {
  const [asked, setAsked] = useState<ActionName | null>(null);
  const [done, setDone] = useState<string | null>(null);
  if (!may("manage")) {
    return h(
      "p",
      { class: "actions faint" },
      "This link may only look. To act on processes, open the link with the plane “manage”: a program prints one when it is started with ",
      h("code", null, "ESPALIER_DEVTOOLS=manage"),
      ".",
    );
  }
  const names: readonly ActionName[] = [row.suspended ? "resume" : "suspend", "send", "restart", "exit", "kill"];
  return h(
    "div",
    { class: "actions" },
    h(
      "div",
      { class: "action-buttons", role: "group", "aria-label": "actions" },
      names.map((name) =>
        h(
          "button",
          {
            key: name,
            type: "button",
            class: name === "kill" ? "danger" : "",
            onClick: () => {
              setDone(null);
              setAsked(name);
            },
          },
          `${actions[name].label}…`,
        ),
      ),
    ),
    h("p", { role: "status", class: "done" }, done),
    asked === null
      ? null
      : h(AskFirst, {
          key: asked,
          name: asked,
          row,
          onCancel: () => setAsked(null),
          onDone: () => {
            setDone(actions[asked].done);
            setAsked(null);
          },
        }),
  );
}

interface AskFirstProps {
  readonly name: ActionName;
  readonly row: ProcessRow;
  readonly onCancel: () => void;
  readonly onDone: () => void;
}

function AskFirst({ name, row, onCancel, onDone }: AskFirstProps): ComponentChild {
  const [typed, setTyped] = useState(name === "exit" ? "shutdown" : "");
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const { pid } = row;
  const { label, title, text, danger } = actions[name];
  const said = callOf(row).call;
  const asksForName = name === "kill" && row.kind === "supervisor";
  const message = name === "send" ? parseMessage(typed) : null;
  const blocked = (asksForName && typed !== said) || message?.ok === false || (name === "exit" && typed.trim() === "");

  const act = (): Promise<null> => {
    if (name === "send" && message?.ok === true) return ask("send", { pid, message: message.value });
    if (name === "exit") return ask("exit", { pid, reason: typed.trim() });
    return ask(name as Exclude<ActionName, "send" | "exit">, { pid });
  };
  const onConfirm = (): void => {
    setBusy(true);
    setRefusal(null);
    act()
      .then(onDone, (error: unknown) => setRefusal(refusalOf(error)))
      .finally(() => setBusy(false));
  };
  return h(
    Dialog,
    { title, action: label, danger, blocked, busy, onConfirm, onCancel },
    h("p", { class: "ask-whom" }, h(Said, { text: said }), " ", h("span", { class: "faint mono" }, row.shortPid)),
    h("p", { class: "quiet" }, text),
    name === "exit" ? h(Field, { label: "Reason", value: typed, onChange: setTyped }) : null,
    asksForName
      ? [
          h("p", null, "It is a supervisor: all that it supervises ends with it. Type its name to go on."),
          h(Field, { label: "Its name", value: typed, onChange: setTyped }),
        ]
      : null,
    name === "send"
      ? h(MessageField, { value: typed, onChange: setTyped, why: message?.ok === false ? message.why : null })
      : null,
    refusal === null ? null : h(Refused, refusal),
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Field({ label, value, onChange }: FieldProps): ComponentChild {
  return h(
    "label",
    { class: "field" },
    label,
    h("input", {
      value,
      autocomplete: "off",
      spellcheck: false,
      onInput: (event: InputEvent) => onChange((event.currentTarget as HTMLInputElement).value),
    }),
  );
}

interface MessageFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly why: string | null;
}

function MessageField({ value, onChange, why }: MessageFieldProps): ComponentChild {
  return h(
    "label",
    { class: "field" },
    "Message, as JSON",
    h("textarea", {
      value,
      rows: 6,
      spellcheck: false,
      class: "mono",
      placeholder: '{ "type": "tick" }',
      "aria-invalid": why !== null && value !== "",
      "aria-describedby": "message-why",
      onInput: (event: InputEvent) => onChange((event.currentTarget as HTMLTextAreaElement).value),
    }),
    h("span", { id: "message-why", class: "faint", "aria-live": "polite" }, why ?? "Valid JSON."),
  );
}
