import type { Cause } from "@espalier/heartbeat";
import { causeText, type Node, type NodeEvent, type Pid } from "@espalier/runtime";
import type { Overview } from "../protocol/sheets.ts";
import { isCrash } from "../recording/recorded-lives.ts";
import { NodeLook, nodeMetrics } from "./node-metrics.ts";

/** What is used of a `Meter` of `@opentelemetry/api`. */
export interface TelemetryMeter<O = any> {
  createObservableGauge(name: string, options: { readonly description: string; readonly unit: string }): O;
  createObservableCounter(name: string, options: { readonly description: string; readonly unit: string }): O;
  addBatchObservableCallback(callback: (result: TelemetryResult<O>) => void, observables: O[]): void;
  removeBatchObservableCallback(callback: (result: TelemetryResult<O>) => void, observables: O[]): void;
}

export interface TelemetryResult<O> {
  observe(observable: O, value: number, attributes: Record<string, string>): void;
}

/** What is used of a `Tracer`, and of its spans. */
export interface TelemetryTracer {
  startSpan(
    name: string,
    options: { startTime: number; root: boolean; attributes: Record<string, string | number> },
  ): TelemetrySpan;
}

export interface TelemetrySpan {
  setStatus(status: { code: number; message?: string }): unknown;
  end(endTime: number): void;
}

/** What is used of a `Logger` of `@opentelemetry/api-logs`. */
export interface TelemetryLogger {
  emit(record: {
    eventName: string;
    timestamp: number;
    severityNumber: number;
    severityText: string;
    body: string;
    attributes: Record<string, string | number>;
  }): void;
}

export interface OpenTelemetryOptions {
  readonly node: Node;
  readonly meter?: TelemetryMeter;
  readonly tracer?: TelemetryTracer;
  readonly logger?: TelemetryLogger;
  /** Called when metrics are read: with it there are the event loop, the memory and restarts, too. */
  readonly overview?: () => Overview;
  /** See `MetricsOptions`. */
  readonly labels?: number;
}

/** `SpanStatusCode.ERROR`, and `SeverityNumber.ERROR`. */
const errorStatus = 2;
const errorSeverity = 17;

/** Spans that are open at once; what would be more is not told. */
const spansMax = 1_000;

/**
 * Tells OpenTelemetry how a node does, by whichever of a meter, a tracer and a logger is given, until what it returns is called.
 *
 * - Metrics are those of `prometheusText`, as `espalier.*`; they are looked up when the SDK reads them.
 * - A span `espalier.outage` lasts from the end of a supervised process that is to be started again to the start of its successor: its status is an error when the process
 *   crashed, or when the supervisor gave up instead. A span `espalier.transfer` lasts from when a process sets out for another node until that node has
 *   it, and its status is an error when it stayed. Spans are roots: nobody's request is known to have led to them.
 * - A crash is a log record with the event name `espalier.process.crash` and the attributes `exception.type`, `exception.message` and
 *   `exception.stacktrace`, as OpenTelemetry's conventions for exceptions in logs have it.
 *
 * Messages and calls make no spans: no event tells of them, because it would cost whoever sends.
 *
 * ```ts
 * import { Node } from "espalier";
 * import { openTelemetry } from "@espalier/devtools";
 *
 * await using node = await Node.start();
 * const told: string[] = [];
 * const stop = openTelemetry({ node, logger: { emit: ({ eventName }) => told.push(eventName) } });
 * await node.run(function* () { throw new Error("no"); }).catch(() => {});
 * stop();
 * told; // => ["espalier.process.crash"]
 * ```
 */
export function openTelemetry({ node, meter, tracer, logger, overview, labels }: OpenTelemetryOptions): () => void {
  const stops: (() => void)[] = [];
  if (meter !== undefined) {
    const options = labels === undefined ? {} : { labels };
    stops.push(
      observe(meter, () => new NodeLook(node, overview === undefined ? options : { ...options, overview: overview() })),
    );
  }
  if (tracer !== undefined) {
    const spans = new Spans(node, tracer);
    const unsubscribe = node.events.subscribe((event) => spans.event(event));
    stops.push(() => {
      unsubscribe();
      spans.stop();
    });
  }
  if (logger !== undefined) stops.push(node.events.subscribe((event) => tellCrash(node, logger, event)));
  return () => {
    for (const stop of stops.splice(0)) stop();
  };
}

function observe(meter: TelemetryMeter, look: () => NodeLook): () => void {
  const instruments = nodeMetrics.map((metric) => {
    const options = { description: metric.help, unit: metric.unit };
    const name = `espalier.${metric.name}`;
    return metric.kind === "counter"
      ? meter.createObservableCounter(name, options)
      : meter.createObservableGauge(name, options);
  });
  const callback = (result: TelemetryResult<unknown>): void => {
    const seen = look();
    for (const [index, metric] of nodeMetrics.entries()) {
      for (const { labels, value } of metric.read(seen)) result.observe(instruments[index], value, { ...labels });
    }
  };
  meter.addBatchObservableCallback(callback, instruments);
  return () => meter.removeBatchObservableCallback(callback, instruments);
}

/** Spans that begin with one event and end with another. */
class Spans {
  readonly #node: Node;
  readonly #tracer: TelemetryTracer;
  readonly #open = new Map<string, TelemetrySpan>();

  constructor(node: Node, tracer: TelemetryTracer) {
    this.#node = node;
    this.#tracer = tracer;
  }

  event(event: NodeEvent): void {
    switch (event.type) {
      case "supervisor": {
        const { supervisor, report } = event;
        if (!("id" in report) || report.id === null) return;
        const key = `outage ${supervisor.key} ${report.id}`;
        if (report.type === "child-ended") {
          if (report.decision !== "restart" && report.decision !== "give-up") return;
          const attributes = { "espalier.supervisor": supervisor.key, "espalier.child": report.id };
          this.#begin(key, "espalier.outage", { ...attributes, "espalier.cause": causeText(report.cause) });
          if (isCrash(report.cause)) this.#open.get(key)?.setStatus({ code: errorStatus, message: report.cause.type });
          if (report.decision === "give-up") this.#end(key, "the supervisor gave up");
        } else if (report.type === "child-started") this.#end(key);
        return;
      }
      case "transfer.started":
        this.#begin(`transfer ${event.pid.key}`, "espalier.transfer", {
          ...{ "espalier.process": event.pid.key, "espalier.to": event.to, "espalier.bytes": event.bytes },
        });
        return;
      case "transfer.departed":
        return this.#end(`transfer ${event.pid.key}`);
      case "transfer.failed":
        return this.#end(`transfer ${event.pid.key}`, event.reason);
      default:
    }
  }

  /** Whatever is open ends now, unfinished. */
  stop(): void {
    for (const key of [...this.#open.keys()]) this.#end(key, "nobody looked any more");
  }

  #begin(key: string, name: string, attributes: Record<string, string | number>): void {
    if (this.#open.size >= spansMax || this.#open.has(key)) return;
    const all = { "espalier.node": this.#node.ref.id, ...attributes };
    this.#open.set(key, this.#tracer.startSpan(name, { startTime: this.#nowMs(), root: true, attributes: all }));
  }

  #end(key: string, trouble: string | null = null): void {
    const span = this.#open.get(key);
    if (span === undefined) return;
    this.#open.delete(key);
    if (trouble !== null) span.setStatus({ code: errorStatus, message: trouble });
    span.end(this.#nowMs());
  }

  #nowMs(): number {
    return this.#node.kernel.host.clock.wall();
  }
}

function tellCrash(node: Node, logger: TelemetryLogger, event: NodeEvent): void {
  if (event.type !== "exit" || !isCrash(event.cause)) return;
  logger.emit({
    eventName: "espalier.process.crash",
    timestamp: node.kernel.host.clock.wall(),
    ...{ severityNumber: errorSeverity, severityText: "ERROR" },
    body: `${event.label} crashed: ${causeText(event.cause)}`,
    attributes: { "espalier.node": node.ref.id, ...exceptionOf(event.pid, event.label, event.cause) },
  });
}

function exceptionOf(pid: Pid, label: string, cause: Cause): Record<string, string> {
  const process = { "espalier.process": pid.key, "espalier.label": label };
  if (cause.type !== "error") return { ...process, "exception.type": cause.type };
  const { name, message, stack } = cause.error;
  return {
    ...{ ...process, "exception.type": name, "exception.message": message },
    ...(stack === undefined ? {} : { "exception.stacktrace": stack }),
  };
}
