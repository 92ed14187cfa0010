import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Recording } from "../../protocol/recording.ts";
import { stateAt } from "../../recording/state-at.ts";
import { h, type ComponentChild } from "../h.ts";
import { useKeys } from "../keys.ts";
import { duration, grouped, plural } from "../numbers.ts";
import { Refused } from "../look/refused.ts";
import { goQuery, route } from "../route.ts";
import { Said } from "../shown/said.ts";
import { connection } from "../store.ts";
import { EventsAround } from "./events-around.ts";
import { crashTimes, lanesOf, type LaneId } from "./lanes.ts";
import { filtered } from "./filtered.ts";
import { firstAfter, nearestOf, nextOf, previousOf } from "./steps.ts";
import { TimelineChart } from "./timeline-chart.ts";
import { momentOf, timeText, wallOf } from "./times.ts";
import { TreeAt } from "./tree-at.ts";
import { useRecording } from "./use-recording.ts";
import { showing, wholeOf, zoomed, type View } from "./view.ts";

/** What happened, along the time: of a program that runs, or of a file. */
export function TimelinePage(): ComponentChild {
  const asked = route.value.query;
  const [following, setFollowing] = useState(asked["wall"] === undefined && asked["at"] === undefined);
  const { recording, refusal, asking, askAgain } = useRecording(following);
  const live = connection.value.state !== "file";
  return h(
    "section",
    { class: "timeline", "aria-labelledby": "timeline-title" },
    h(
      "header",
      { class: "timeline-head" },
      h(
        "h1",
        { id: "timeline-title" },
        "Timeline",
        recording === null ? null : [" of ", h(Said, { text: recording.title })],
      ),
      live
        ? [
            h(
              "button",
              {
                type: "button",
                "aria-pressed": following,
                title: "Stay at the newest moment, and ask again every few seconds",
                onClick: () => setFollowing(!following),
              },
              "follow",
            ),
            h("button", { type: "button", onClick: askAgain, disabled: asking }, "ask again"),
          ]
        : null,
    ),
    refusal === null ? null : h(Refused, refusal),
    recording === null
      ? h("p", { class: "empty" }, refusal === null ? "Asking for the recording." : "")
      : h(Recorded, { recording, live, following, onLeave: () => setFollowing(false) }),
  );
}

interface RecordedProps {
  readonly recording: Recording;
  readonly live: boolean;
  readonly following: boolean;
  readonly onLeave: () => void;
}

function Recorded({ recording, live, following, onLeave }: RecordedProps): ComponentChild {
  const [lane, setLane] = useState<LaneId | null>(null);
  const [text, setText] = useState("");
  const [nodeId, setNodeId] = useState("");
  const whole = wholeOf(recording);
  const [chosenMs, setChosenMs] = useState(() => askedMoment(recording) ?? recording.toMs);
  const [view, setView] = useState<View>(() => startOf(recording, chosenMs, following));
  const atMs = following ? recording.toMs : Math.min(whole.toMs, Math.max(whole.fromMs, chosenMs));
  const seen = following ? showing(view, whole, atMs) : within(view, whole);

  const moveTo = (moment: number): void => {
    onLeave();
    const next = Math.min(whole.toMs, Math.max(whole.fromMs, moment));
    setChosenMs(next);
    setView(showing(seen, whole, next));
  };
  useAddress(recording, atMs, following, moveTo);

  const of = useMemo(() => (nodeId === "" ? recording : ofNode(recording, nodeId)), [recording, nodeId]);
  const lanes = useMemo(() => lanesOf(of), [of]);
  const events = useMemo(() => filtered(of.events, lane, text), [of, lane, text]);
  const times = useMemo(() => events.map((event) => event.atMs), [events]);
  const crashes = useMemo(() => crashTimes(of), [of]);
  const state = useMemo(() => stateAt(of, atMs), [of, atMs]);
  const last = firstAfter(times, atMs) - 1;
  const concerned = useMemo(() => {
    const pids = new Set<string>();
    for (let index = last; index >= 0 && events[index]?.atMs === atMs; index -= 1) {
      for (const pid of events[index]?.pids ?? []) pids.add(pid);
    }
    return pids;
  }, [events, last, atMs]);

  const step = (to: number | null): void => {
    if (to !== null) moveTo(to);
  };
  const zoom = (factor: number): void => setView(zoomed(seen, whole, factor, atMs));
  useKeys([
    { keys: ["["], text: "event before", do: () => step(previousOf(times, atMs)) },
    { keys: ["]"], text: "next event", do: () => step(nextOf(times, atMs)) },
    { keys: ["{"], text: "crash before", do: () => step(previousOf(crashes, atMs)) },
    { keys: ["}"], text: "next crash", do: () => step(nextOf(crashes, atMs)) },
    { keys: ["+", "="], text: "zoom in", do: () => zoom(0.5) },
    { keys: ["-"], text: "zoom out", do: () => zoom(2) },
  ]);

  const said = timeText(recording, atMs, 1);
  const button = (label: string, key: string, title: string, to: number | null): ComponentChild =>
    h(
      "button",
      {
        type: "button",
        title: `${title} (${key})`,
        "aria-keyshortcuts": key,
        disabled: to === null,
        onClick: () => step(to),
      },
      label,
    );
  return [
    h(About, { recording, live }),
    h(TimelineChart, { recording: of, lanes, view: seen, atMs, chosen: lane, onChoose: setLane, onMove: moveTo }),
    h("input", {
      type: "range",
      class: "scrubber",
      "aria-label": "moment",
      "aria-valuetext": said,
      min: seen.fromMs,
      max: seen.toMs,
      step: (seen.toMs - seen.fromMs) / 1000,
      value: atMs,
      onInput: (event: Event) => moveTo(Number((event.currentTarget as HTMLInputElement).value)),
    }),
    h(
      "div",
      { class: "timeline-tools" },
      h("output", { class: "moment mono", "aria-live": "off" }, said),
      h(
        "span",
        { class: "group", role: "group", "aria-label": "steps" },
        button("‹ event", "[", "The event before", previousOf(times, atMs)),
        button("event ›", "]", "The next event", nextOf(times, atMs)),
        button("‹ crash", "{", "The crash before", previousOf(crashes, atMs)),
        button("crash ›", "}", "The next crash", nextOf(crashes, atMs)),
      ),
      h(
        "span",
        { class: "group", role: "group", "aria-label": "zoom" },
        h("button", { type: "button", title: "Zoom out (-)", "aria-label": "zoom out", onClick: () => zoom(2) }, "−"),
        h("button", { type: "button", title: "Zoom in (+)", "aria-label": "zoom in", onClick: () => zoom(0.5) }, "+"),
        h("button", { type: "button", onClick: () => setView(whole) }, "all"),
        h("span", { class: "faint" }, `${duration(seen.toMs - seen.fromMs)} of ${duration(whole.toMs - whole.fromMs)}`),
      ),
      recording.nodes.length > 1
        ? h(
            "label",
            null,
            "node ",
            h(
              "select",
              {
                value: nodeId,
                onChange: (event: Event) => setNodeId((event.currentTarget as HTMLSelectElement).value),
              },
              h("option", { value: "" }, "all"),
              recording.nodes.map(({ id, name }) => h("option", { key: id, value: id }, name)),
            ),
          )
        : null,
      h("input", {
        type: "search",
        placeholder: "events with this text",
        "aria-label": "events with this text",
        value: text,
        onInput: (event: Event) => setText((event.currentTarget as HTMLInputElement).value),
      }),
    ),
    h(FaultsAt, { recording, atMs }),
    h(
      "div",
      { class: "timeline-parts" },
      h(TreeAt, { recording, state, concerned, live }),
      h(EventsAround, { recording, events, atMs, last, onMove: moveTo }),
    ),
  ];
}

/** What the recording is of, how it ended, and what is missing. */
function About({ recording, live }: { readonly recording: Recording; readonly live: boolean }): ComponentChild {
  const { failure, seed, lost, events, source } = recording;
  return h(
    "div",
    { class: "timeline-about" },
    failure === null
      ? null
      : h(
          "p",
          { class: "failure" },
          h("strong", null, "✖ ", h(Said, { text: failure.property })),
          ` at ${timeText(recording, failure.atMs, 1)}: `,
          h(Said, { text: failure.text, lines: true }),
        ),
    h(
      "p",
      { class: "quiet" },
      source === "chaos" ? "A chaos run. " : "",
      seed === null
        ? null
        : [
            `Seed ${seed}; `,
            h("code", null, `npx espalier chaos run FILE --seeds ${seed}..${seed}`),
            " makes it again. ",
          ],
      lost === 0
        ? null
        : `${plural(lost, "earlier event was", "earlier events were")} not kept: ${live ? "the flight recorder has" : "the file has"} the last ${grouped(events.length)}.`,
      events.length === 0
        ? "Nothing has happened yet that is recorded: processes that begin, end, crash, or are supervised."
        : "",
    ),
  );
}

/** The faults that were going on. */
function FaultsAt({ recording, atMs }: { readonly recording: Recording; readonly atMs: number }): ComponentChild {
  const now = recording.faults.filter(({ fromMs, toMs }) => fromMs <= atMs && (toMs === null || atMs < toMs));
  if (recording.faults.length === 0) return null;
  return h(
    "p",
    { class: "faults-now" },
    now.length === 0 ? h("span", { class: "faint" }, "No fault at this moment.") : "Faults now: ",
    now.map((fault, index) => [index === 0 ? "" : "; ", h(Said, { text: fault.text })]),
  );
}

/** Keeps the moment in the address, and goes where the address says. */
function useAddress(recording: Recording, atMs: number, following: boolean, moveTo: (atMs: number) => void): void {
  const written = useRef<string | null>(null);
  const wall = wallOf(recording, atMs);
  const name = wall === null ? "at" : "wall";
  const value = following ? null : String(Math.round((wall ?? atMs) * 1000) / 1000);
  const asked = route.value.query[name] ?? null;
  const first = useRef(true);
  useEffect(() => {
    if (first.current || asked === written.current || asked === value) {
      first.current = false;
      return;
    }
    const moment = askedMoment(recording);
    if (moment !== null) moveTo(moment);
  }, [asked]);
  useEffect(() => {
    const timer = setTimeout(() => {
      written.current = value;
      goQuery({ at: null, wall: null, [name]: value });
    }, 300);
    return () => clearTimeout(timer);
  }, [value]);
}

function askedMoment(recording: Recording): number | null {
  const { wall, at } = route.peek().query;
  const number = Number(wall ?? at ?? Number.NaN);
  if (!Number.isFinite(number)) return null;
  if (wall === undefined) return number;
  const moment = momentOf(recording, number);
  return moment === null ? null : nearestOf(recording.events, moment, asMuchAsMs);
}

/** The clocks of reports and of the recorder do not agree to the millisecond: what is meant is the event nearby. */
const asMuchAsMs = 25;

const firstSpanMs = 60_000;

/** A live recording begins with its last minute, or with the minute around what was asked for; a file with all of it. */
function startOf(recording: Recording, atMs: number, following: boolean): View {
  const whole = wholeOf(recording);
  if (recording.source !== "node") return whole;
  const spanMs = Math.min(firstSpanMs, whole.toMs - whole.fromMs);
  const view = { fromMs: whole.toMs - spanMs, toMs: whole.toMs };
  return following ? view : showing(view, whole, atMs);
}

/** The view, of a recording that has gone on. */
function within(view: View, whole: View): View {
  return zoomed(view, whole, 1, view.fromMs);
}

function ofNode(recording: Recording, id: string): Recording {
  return {
    ...recording,
    events: recording.events.filter(({ node }) => node === id),
    processes: recording.processes.filter(({ node, stays }) => node === id || stays.some((stay) => stay.node === id)),
  };
}
