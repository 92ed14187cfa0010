import { conform } from "./conform.ts";
import { delivery } from "./rules/delivery.ts";

conform(delivery);
