import { useEffect, useRef, useState } from "preact/hooks";
import type { Recording } from "../../protocol/recording.ts";
import { refusalOf, type Refusal } from "../look/refused.ts";
import { ask, connection, currentNode, pausedAtMs } from "../store.ts";

/** A recording is large: it is asked for seldom, and by hand when somebody wants it at once. */
const againMs = 5_000;

interface AskedRecording {
  readonly recording: Recording | null;
  readonly refusal: Refusal | null;
  /** It is being asked for. */
  readonly asking: boolean;
  readonly askAgain: () => void;
}

/** What the program has recorded, again and again while `following`; of a file once. */
export function useRecording(following: boolean): AskedRecording {
  const [recording, setRecording] = useState<Recording | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [asking, setAsking] = useState(false);
  const [times, setTimes] = useState(0);
  const node = currentNode.value?.id;
  const of = useRef(node);
  const again = following && connection.value.state === "open" && pausedAtMs.value === null;
  useEffect(() => {
    if (of.current === node) return;
    of.current = node;
    setRecording(null);
  }, [node]);
  useEffect(() => {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const askFor = (): void => {
      if (document.hidden) {
        timer = setTimeout(askFor, againMs);
        return;
      }
      setAsking(true);
      ask("recording", {})
        .then(
          (answer) => {
            if (stopped) return;
            setRecording(answer);
            setRefusal(null);
          },
          (error: unknown) => {
            if (!stopped) setRefusal(refusalOf(error));
          },
        )
        .finally(() => {
          setAsking(false);
          if (!stopped && again) timer = setTimeout(askFor, againMs);
        });
    };
    if (again || recording === null || times > 0) askFor();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [node, again, times]);
  return { recording, refusal, asking, askAgain: () => setTimes((last) => last + 1) };
}
