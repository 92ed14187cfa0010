import { NodeAddress, Pid, Node, type Node as RunningNode, type NodeEvent } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type DataPoint,
} from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Meter, Tracer } from "@opentelemetry/api";
import { expect, expectTypeOf, test, vi } from "vitest";
import { openTelemetry, type TelemetryMeter, type TelemetryTracer } from "../../src/exporters/open-telemetry.ts";

async function bench(): Promise<{ readonly host: ManualHost; readonly node: RunningNode }> {
  const host = new ManualHost();
  return { host, node: await host.wait(Node.start({ host })) };
}

test("the API's own meter and tracer are what it takes", () => {
  expectTypeOf<Meter>().toExtend<TelemetryMeter>();
  expectTypeOf<Tracer>().toExtend<TelemetryTracer>();
});

test("metrics are looked up when the SDK reads them", async () => {
  const { node } = await bench();
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e8 });
  const provider = new MeterProvider({ readers: [reader] });
  const meter = provider.getMeter("test");
  const stop = openTelemetry({ node, meter });
  await provider.forceFlush();
  const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
  const processes = metrics.find(({ descriptor }) => descriptor.name === "espalier.processes");
  expect(processes?.descriptor).toMatchObject({ unit: "{process}" });
  expect(
    ((processes?.dataPoints ?? []) as readonly DataPoint<number>[]).map(({ attributes, value }) => [
      attributes["doing"],
      value,
    ]),
  ).toEqual([
    ["idle", 0],
    ["waiting", 0],
    ["runnable", 0],
    ["elsewhere", 0],
  ]);
  expect(metrics.map(({ descriptor }) => descriptor.name)).toContain("espalier.crashes");
  const removed = vi.spyOn(meter, "removeBatchObservableCallback");
  stop();
  expect(removed).toHaveBeenCalledOnce();
  await provider.shutdown();
});

test("a span lasts from a child's end to its next start, and from a transfer's begin to its end", async () => {
  const { host, node } = await bench();
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const stop = openTelemetry({ node, tracer: provider.getTracer("test") });
  const pid = new Pid(new NodeAddress("a", "1"), 2);
  const cause = { type: "error", error: { name: "Error", message: "no" } } as const;
  const emit = (event: unknown): void => node.kernel.events.emit(event as NodeEvent);
  emit({
    type: "supervisor",
    supervisor: pid,
    report: { type: "child-ended", id: "till", pid, cause, decision: "restart" },
  });
  host.advance(250);
  emit({ type: "supervisor", supervisor: pid, report: { type: "child-started", id: "till", pid, added: false } });
  emit({ type: "transfer.started", pid, epoch: 0, to: "b", bytes: 10 });
  host.advance(20);
  emit({ type: "transfer.departed", pid, to: "b" });
  emit({ type: "transfer.started", pid, epoch: 0, to: "b", bytes: 10 });
  emit({ type: "transfer.failed", pid, epoch: 0, reason: "refused" });
  emit({ type: "supervisor", supervisor: pid, report: { type: "child-ended", id: "a", pid, cause, decision: "keep" } });
  emit({
    type: "supervisor",
    supervisor: pid,
    report: { type: "child-ended", id: "b", pid, cause, decision: "give-up" },
  });
  await provider.forceFlush();
  const spans = exporter.getFinishedSpans();
  expect(spans.map(({ name, status, duration }) => [name, status.code, duration[1] / 1e6])).toEqual([
    ["espalier.outage", 2, 250],
    ["espalier.transfer", 0, 20],
    ["espalier.transfer", 2, 0],
    ["espalier.outage", 2, 0],
  ]);
  expect(spans[0]?.attributes).toMatchObject({ "espalier.child": "till", "espalier.supervisor": pid.key });
  expect(spans[2]?.status.message).toBe("refused");
  stop();
  await provider.shutdown();
});

test("a crash is a log record of an exception", async () => {
  const { host, node } = await bench();
  const records: any[] = [];
  const stop = openTelemetry({ node, logger: { emit: (record) => void records.push(record) } });
  await host
    .wait(
      node.run(function* clerk(): Generator<never, void> {
        throw new RangeError("too much");
      }),
    )
    .catch(() => {});
  expect(records).toMatchObject([
    {
      ...{ eventName: "espalier.process.crash", severityNumber: 17, body: "clerk crashed: RangeError: too much" },
      attributes: { "exception.type": "RangeError", "exception.message": "too much", "espalier.label": "clerk" },
    },
  ]);
  expect(records[0].attributes["exception.stacktrace"]).toContain("clerk");
  stop();
});
