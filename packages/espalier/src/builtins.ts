import { Channel } from "@espalier/channels";
import { builtin } from "@espalier/code";
import { Heartbeat } from "@espalier/heartbeat";
import { NodeRef, Process, Remote as RuntimeRemote, Server, Task } from "@espalier/runtime";
import * as Remote from "./remote.namespace.ts";

// What definitions may use without declaring it, on every node. Definitions are made while modules load, so this is done while this one does.
builtin("Channel", Channel);
builtin("Heartbeat", Heartbeat);
builtin("NodeRef", NodeRef);
builtin("Process", Process);
builtin("Remote", Remote, { alsoAs: RuntimeRemote });
builtin("Server", Server);
builtin("Task", Task);
