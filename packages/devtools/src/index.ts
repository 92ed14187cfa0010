/**
 * What dev tools know of running nodes, and how it is asked for. It only reads what the runtime keeps; the page, the terminal and the command
 * line are made of it. For Node there is `@espalier/devtools/node`.
 */
export type { ChaosPort } from "./acting/chaos-port.ts";
export type { ActionEvent } from "./acting/action-event.ts";
export { Actions } from "./acting/actions.ts";
export { stateOf } from "./acting/state-of.ts";
export { crashPage, crashSheet, crashSummary } from "./crashes/crash-sheet.ts";
export { crashText } from "./crashes/crash-text.ts";
export { show } from "./showing/show.ts";
export type { ShowLimits } from "./showing/show.ts";
export { describeEvent } from "./words/describe-event.ts";
export type { EventWords } from "./words/describe-event.ts";
export { shortPidOf } from "./words/short-pid.ts";
export { plainVoice, voiceOf } from "./words/voice.ts";
export type { EventVoice } from "./words/voice.ts";
export type { Gauges } from "./observing/gauges.ts";
export { loopBlocksOf } from "./observing/loop-blocked.ts";
export type { LoopBlockedEvent, LoopBlocks } from "./observing/loop-blocked.ts";
export { Observer } from "./observing/observer.ts";
export { openTelemetry } from "./exporters/open-telemetry.ts";
export type {
  OpenTelemetryOptions,
  TelemetryLogger,
  TelemetryMeter,
  TelemetryResult,
  TelemetrySpan,
  TelemetryTracer,
} from "./exporters/open-telemetry.ts";
export { perfettoTrace } from "./exporters/perfetto.ts";
export { statelyEvents } from "./exporters/stately.ts";
export type {
  StatelyActorEvent,
  StatelyEvent,
  StatelyEventEvent,
  StatelySnapshot,
  StatelySnapshotEvent,
} from "./exporters/stately.ts";
export { prometheusText, prometheusType } from "./exporters/prometheus.ts";
export type { MetricsOptions } from "./exporters/node-metrics.ts";
export { planes } from "./protocol/capability.ts";
export type { Plane } from "./protocol/capability.ts";
export { protocolVersion } from "./protocol/frames.ts";
export type { Followed, Frame, StreamRequest, StreamUpdate, Subscription } from "./protocol/frames.ts";
export { recordingVersion } from "./protocol/recording.ts";
export type { RecordedProcess, Recording } from "./protocol/recording.ts";
export { parseRecording } from "./recording/parse-recording.ts";
export { RecordingError, recordedText } from "./recording/recorded-fields.ts";
export { recordingOf } from "./recording/recording-of.ts";
export { nodeAt, shownAfterEndMs, stateAt } from "./recording/state-at.ts";
export type { RecordedState, StateRow } from "./recording/state-at.ts";
export type {
  ChaosAction,
  Method,
  Methods,
  OfNode,
  OfProcess,
  Parameters,
  Question,
  Reply,
  Result,
  TracedMessageRow,
  TracePage,
  Trouble,
} from "./protocol/requests.ts";
export type {
  Column,
  CrashGroup,
  CrashPage,
  CrashSheet,
  CrashSummary,
  Doing,
  Finding,
  Lifetimes,
  NetworkSheet,
  NodeSheet,
  Overview,
  ProcessFilter,
  ProcessKind,
  ProcessMention,
  ProcessRow,
  ProcessSheet,
  RecordedLine,
  Severity,
  StackLine,
  SupervisorSummary,
  TablePage,
  TableQuery,
  TreePage,
  TreeQuery,
  TreeRow,
} from "./protocol/sheets.ts";
export type { ShownEntry, ShownValue } from "./protocol/value.ts";
