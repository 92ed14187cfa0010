import { Channel } from "@espalier/channels";
import { builtin } from "@espalier/code";
import { Heartbeat } from "@espalier/heartbeat";
import { NodeRef, Process, Remote, Server, Task } from "@espalier/runtime";

// What definitions may use without declaring it, on every node. Definitions are made while modules load, so this is done while this one does.
builtin("Channel", Channel);
builtin("Heartbeat", Heartbeat);
builtin("NodeRef", NodeRef);
builtin("Process", Process);
builtin("Remote", Remote);
builtin("Server", Server);
builtin("Task", Task);
